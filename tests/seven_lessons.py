"""The lessons from one weight to logistic regression that the tests draw: their names, and the tabs that are run."""

from __future__ import annotations

DRAWN = ["weight", "weights", "belts", "penguins", "optimizers", "batches", "logistic"]
TABS = {
    "weight": ["Weight"],
    "weights": ["Weights"],
    "belts": ["Belts"],
    "penguins": ["Penguins"],
    "optimizers": ["Plain", "Momentum", "RMSprop", "Adam"],
    "batches": ["Batch", "Mini", "Single"],
    "logistic": ["Logistic", "By points"],
}
