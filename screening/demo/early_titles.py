"""Titles under which an early version of a report went round: no program can be sure, a person can."""

from typing import Final

EARLY_TITLES: Final = {
    "Synthetic leaf images improve the recognition of tomato blight in greenhouses": (
        "Synthetic leaf images for the recognition of blight in greenhouse tomatoes"
    ),
    "Stress testing of pension funds with variational scenario generators": (
        "Stress testing pension funds with generative scenarios"
    ),
    "Weld seam inspection by normalising flows on thermal images": (
        "Inspection of weld seams on thermal images with normalising flows"
    ),
    "Gradient boosting predicts sepsis six hours before recognition on general wards": (
        "Gradient boosting for predicting sepsis on general wards six hours ahead"
    ),
    "Patient-level tumour evolution simulated by a variational state-space model": (
        "Simulating patient-level tumour evolution with variational state-space models"
    ),
    "Privacy attacks on generated cancer registries": "Privacy attacks against synthetic cancer registries",
    "Random forests for fall risk from wearable accelerometers": (
        "Fall risk from wearable accelerometers with random forests"
    ),
    "Anomaly detection in industrial control networks with recurrent autoencoders": (
        "Recurrent autoencoders detect anomalies in industrial control networks"
    ),
}
