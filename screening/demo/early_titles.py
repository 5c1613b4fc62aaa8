"""Titles under which an early version of a report went round: no program can be sure, a person can."""

from typing import Final

EARLY_TITLES: Final = {
    "Synthetic leaf images improve the recognition of tomato blight in greenhouses": (
        "Synthetic leaf images improve recognition of tomato blight"
    ),
    "Stress testing of pension funds with variational scenario generators": (
        "Stress testing pension funds with scenario generators"
    ),
    "Weld seam inspection by normalising flows on thermal images": "Weld seam inspection by normalising flows",
    "Gradient boosting predicts sepsis six hours before recognition on general wards": (
        "Gradient boosting predicts sepsis on general wards"
    ),
    "Patient-level tumour evolution simulated by a variational state-space model": (
        "Tumour evolution simulated by a variational state-space model"
    ),
    "Privacy attacks on generated cancer registries": "Privacy attacks on cancer registries",
    "Random forests for fall risk from wearable accelerometers": "Random forests for fall risk from accelerometers",
    "Anomaly detection in industrial control networks with recurrent autoencoders": (
        "Anomaly detection in industrial networks with recurrent autoencoders"
    ),
}
