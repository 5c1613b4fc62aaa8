"""Forms to begin with, as data in our own words.

* ``generative``: what the worked example collected (Mishra et al. 2025, Cureus 17(4):e82310; its table of study
  characteristics and the items its methods name, ethics included).
* ``charms``: after the CHARMS checklist for reviews of prediction models (Moons et al., PLoS Med 2014;11:e1001744). The
  checklist names the domains; wording, answers and grouping into models and evaluations are ours.
* ``intervention``: arms, and outcomes by time point, of a comparative study.

Ids are readable and fixed: they serve every form that is made from a template, and mean the same in all of them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from extraction.constants import ItemType
from extraction.rules.definition_types import Definition, Group, Section
from extraction.rules.template_intervention import INTERVENTION
from extraction.rules.template_items import if_yes, item_of

T = ItemType


@dataclass(frozen=True)
class Template:
    """A form to begin with."""

    key: str
    title: str
    text: str
    definition: Definition


DESIGNS = (
    "Computational biology study",
    "Computational imaging study",
    "Computational modeling study",
    "Computational modeling study in systems biology",
    "Computational predictive modeling study",
    "Computational study",
    "Deep learning-based radiogenomic study",
    "Diagnostic study",
    "Predictive modeling study",
    "Retrospective benchmarking study",
    "Retrospective computational imaging study",
    "Retrospective computational modeling",
    "Retrospective computational modeling study",
    "Retrospective computational study",
    "Retrospective computational study with simulation-based validation",
    "Retrospective in silico study",
    "Retrospective observational study",
    "Unsupervised machine learning in clinical informatics",
)
UNDERLYING_MODELS = ("GAN", "CGAN", "GANITE", "VAE", "VAE and GAN", "U-Net", "LDA", "LLMs")
MODEL_FAMILIES = ("GAN", "VAE", "U-Net", "LDA", "LLM")

GENERATIVE = Definition(
    sections=(
        Section(
            "study_details",
            "Study",
            items=(
                item_of(
                    "study_design",
                    T.VOCABULARY,
                    "Study design",
                    DESIGNS,
                    required=True,
                    help="As the authors name it. Choose a term, or propose one that is missing.",
                ),
                item_of(
                    "sample_size", T.INTEGER, "Sample size", help="People or samples that the model was made from."
                ),
                item_of("data_used", T.TEXT, "Data used", help="Data set, source and kind of data."),
            ),
        ),
        Section(
            "model_details",
            "Generative model",
            items=(
                item_of(
                    "underlying_model",
                    T.VOCABULARY,
                    "Underlying model",
                    UNDERLYING_MODELS,
                    required=True,
                    help="The kind of model that the study builds on, as the authors name it.",
                ),
                item_of(
                    "model_family",
                    T.MULTIPLE,
                    "Model family",
                    MODEL_FAMILIES,
                    required=True,
                    help="For counting. A hybrid belongs to more than one.",
                ),
                item_of("applied_model", T.TEXT, "Applied model", required=True, help="Its own name, such as Dr. VAE."),
            ),
        ),
        Section(
            "application_details",
            "Application and findings",
            items=(
                item_of("focused_application", T.TEXT, "Focused application", required=True),
                item_of("comparison_methods", T.LONG_TEXT, "Methods it was compared with"),
                item_of("outcome_measures", T.LONG_TEXT, "Outcome measures"),
                item_of("key_findings", T.LONG_TEXT, "Key findings"),
            ),
        ),
        Section(
            "ethics",
            "Ethics",
            help="What the report says itself. What it does not mention is not reported.",
            items=(
                item_of(
                    "ethics_bias", T.LONG_TEXT, "Bias", help="Of the data or the model, and what is done about it."
                ),
                item_of("ethics_privacy", T.LONG_TEXT, "Privacy", help="How data of people are protected."),
                item_of("ethics_regulation", T.LONG_TEXT, "Regulation", help="Approval, compliance, rules that apply."),
            ),
        ),
    )
)

_CHARMS_STUDY = (
    Section(
        "source_of_data",
        "Source of data",
        items=(
            item_of(
                "data_source",
                T.SINGLE_OTHER,
                "Where the data come from",
                ("Cohort", "Case-control", "Trial", "Registry", "Routine care", "Public data set"),
                required=True,
            ),
        ),
    ),
    Section(
        "participants",
        "Participants",
        items=(
            item_of("eligibility", T.LONG_TEXT, "Who could take part"),
            item_of(
                "recruitment_method",
                T.SINGLE_OTHER,
                "How they were recruited",
                ("All in a row", "At random", "By choice of the researchers"),
            ),
            item_of("setting_and_centres", T.TEXT, "Setting, and number of centres"),
            item_of("study_dates", T.TEXT, "Dates of the study"),
            item_of("participants_described", T.LONG_TEXT, "Who they were", help="Age, sex, severity of disease."),
            item_of("treatments_received", T.TEXT, "Treatments received"),
        ),
    ),
)
_CHARMS_OUTCOME = Section(
    "outcome",
    "Outcome to be predicted",
    group="model",
    items=(
        item_of("outcome_predicted", T.TEXT, "Outcome", required=True),
        item_of("outcome_method", T.LONG_TEXT, "How it is defined and measured"),
        item_of("outcome_same_for_all", T.YES_NO, "Defined and measured alike for all"),
        item_of("outcome_type", T.SINGLE, "Kind of outcome", ("Single", "Composite")),
        item_of("outcome_blind", T.YES_NO, "Assessed without knowing the predictors"),
        item_of("predictors_in_outcome", T.YES_NO, "Predictors are part of the outcome"),
        item_of("outcome_time", T.TEXT, "When it is measured, or length of follow-up"),
    ),
)
_CHARMS_PREDICTORS = Section(
    "predictors",
    "Candidate predictors",
    group="model",
    items=(
        item_of("predictor_number", T.INTEGER, "Number of candidate predictors"),
        item_of("predictor_type", T.TEXT, "Kinds of predictors", help="Such as history, laboratory, imaging."),
        item_of("predictor_method", T.LONG_TEXT, "How they are defined and measured"),
        item_of("predictor_timing", T.TEXT, "When they are measured"),
        item_of("predictor_blind", T.YES_NO, "Assessed without knowing the outcome"),
        item_of(
            "predictor_handling",
            T.MULTIPLE,
            "How they enter the model",
            ("Continuous", "Cut into categories", "Non-linear"),
        ),
    ),
)
_CHARMS_SIZE = Section(
    "sample_size",
    "Sample size and missing data",
    group="model",
    items=(
        item_of("participants_number", T.INTEGER, "Participants"),
        item_of("events_number", T.INTEGER, "Participants with the outcome"),
        item_of(
            "events_per_predictor",
            T.DERIVED,
            "Events per candidate predictor",
            formula="events_number / predictor_number",
            precision=1,
        ),
        item_of("participants_missing", T.INTEGER, "Participants with any value missing"),
        item_of("missing_per_predictor", T.TEXT, "Values missing per predictor"),
        item_of(
            "missing_handling",
            T.SINGLE_OTHER,
            "What was done about missing values",
            ("Complete cases only", "Single imputation", "Multiple imputation"),
        ),
    ),
)
_CHARMS_DEVELOPMENT = Section(
    "development",
    "Model development",
    group="model",
    items=(
        item_of(
            "modelling_method",
            T.SINGLE_OTHER,
            "Modelling method",
            ("Regression", "Tree or forest", "Neural network", "GAN", "VAE", "LLM"),
            required=True,
        ),
        item_of("assumptions_checked", T.YES_NO, "Assumptions of the method were checked"),
        item_of(
            "candidate_selection",
            T.SINGLE_OTHER,
            "How candidate predictors were chosen",
            ("Knowledge of the field", "All that were there", "Relation to the outcome alone"),
        ),
        item_of(
            "model_selection",
            T.SINGLE_OTHER,
            "How predictors were chosen during modelling",
            ("Full model", "Backward", "Forward", "Penalised"),
        ),
        item_of("shrinkage", T.SINGLE_OTHER, "Shrinkage", ("None", "Uniform", "Penalised estimation")),
    ),
)
_CHARMS_RESULTS = (
    Section(
        "results",
        "Results",
        group="model",
        items=(
            item_of("final_model", T.LONG_TEXT, "Final model", help="Predictors, weights and intercept."),
            item_of(
                "presentation",
                T.SINGLE_OTHER,
                "How it is presented",
                ("Formula", "Score", "Nomogram", "Code"),
            ),
            item_of("development_and_validation", T.LONG_TEXT, "Development and validation data compared"),
        ),
    ),
    Section(
        "evaluation_method",
        "Evaluation",
        group="evaluation",
        items=(
            item_of(
                "evaluation_type", T.SINGLE, "Kind of evaluation", ("Apparent", "Internal", "External"), required=True
            ),
            item_of(
                "evaluation_how",
                T.SINGLE_OTHER,
                "Method",
                ("Random split", "Cross-validation", "Bootstrap", "Later in time", "Another place"),
            ),
            item_of("calibration", T.TEXT, "Calibration", help="Plot, slope, calibration in the large."),
            item_of("discrimination", T.ESTIMATE, "Discrimination (c statistic)", precision=3),
            item_of("classification", T.TEXT, "Classification", help="Were thresholds set in advance?"),
            item_of("clinical_utility", T.TEXT, "Clinical utility"),
            item_of("updated_after_evaluation", T.YES_NO, "Model changed after poor performance"),
            item_of("how_updated", T.TEXT, "How it was changed", shown_if=if_yes("updated_after_evaluation")),
        ),
    ),
    Section(
        "interpretation",
        "Interpretation",
        items=(
            item_of("intended_use", T.SINGLE, "Intended use", ("Ready to be used", "More research needed")),
            item_of("limits", T.LONG_TEXT, "Limits, and to whom the results apply"),
        ),
    ),
)
CHARMS = Definition(
    sections=(
        *_CHARMS_STUDY,
        _CHARMS_OUTCOME,
        _CHARMS_PREDICTORS,
        _CHARMS_SIZE,
        _CHARMS_DEVELOPMENT,
        *_CHARMS_RESULTS,
    ),
    groups=(Group("model", "Model", minimum=1), Group("evaluation", "Evaluation", parent="model")),
)

TEMPLATES: Mapping[str, Template] = {
    template.key: template
    for template in (
        Template(
            "generative",
            "Generative models in medicine",
            "Design, model, application and ethics of studies of generative models, for a table of characteristics.",
            GENERATIVE,
        ),
        Template(
            "charms",
            "Prediction models (after CHARMS)",
            "Source of data, participants, then each model with outcome, predictors and methods, and its evaluations.",
            CHARMS,
        ),
        Template(
            "intervention",
            "Comparison of interventions",
            "Study and population, each arm, and each outcome with its time points and results.",
            INTERVENTION,
        ),
    )
}
