"""Files of the bias app: tables and figures."""
