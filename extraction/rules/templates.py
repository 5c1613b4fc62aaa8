"""Forms to begin with, as data in our own words.

* ``generative``: what the worked example collected (Mishra et al. 2025, Cureus 17(4):e82310; its table of study
  characteristics and the items its methods name, ethics included).
* ``charms``: after the CHARMS checklist for reviews of prediction models (Moons et al., PLoS Med 2014;11:e1001744). The
  checklist names the domains; wording, answers and grouping into models and evaluations are ours.
* ``intervention``: arms, and outcomes by time point, of a comparative study.

Ids are readable and fixed: they serve every form that is made from a template, and mean the same in all of them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from extraction.constants import ItemType
from extraction.rules.definition_types import Column, Condition, Definition, Group, Item, Operator, Option, Section

T = ItemType


@dataclass(frozen=True)
class Template:
    """A form to begin with."""

    key: str
    title: str
    text: str
    definition: Definition


def _item(item_id: str, kind: ItemType, label: str, options: Sequence[str] = (), **settings: Any) -> Item:
    """An item whose answers have ids made of its own: `design_1`."""
    return Item(item_id, kind, label, options=_options(item_id, options), **settings)


def _options(item_id: str, labels: Sequence[str]) -> tuple[Option, ...]:
    return tuple(Option(f"{item_id}_{number}", label) for number, label in enumerate(labels, start=1))


def _if_yes(item_id: str) -> Condition:
    return Condition(item_id, Operator.IS, ("yes",))


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
                _item(
                    "study_design",
                    T.VOCABULARY,
                    "Study design",
                    DESIGNS,
                    required=True,
                    help="As the authors name it. Choose a term, or propose one that is missing.",
                ),
                _item("sample_size", T.INTEGER, "Sample size", help="People or samples that the model was made from."),
                _item("data_used", T.TEXT, "Data used", help="Data set, source and kind of data."),
            ),
        ),
        Section(
            "model_details",
            "Generative model",
            items=(
                _item(
                    "underlying_model",
                    T.VOCABULARY,
                    "Underlying model",
                    UNDERLYING_MODELS,
                    required=True,
                    help="The kind of model that the study builds on, as the authors name it.",
                ),
                _item(
                    "model_family",
                    T.MULTIPLE,
                    "Model family",
                    MODEL_FAMILIES,
                    required=True,
                    help="For counting. A hybrid belongs to more than one.",
                ),
                _item("applied_model", T.TEXT, "Applied model", required=True, help="Its own name, such as Dr. VAE."),
            ),
        ),
        Section(
            "application_details",
            "Application and findings",
            items=(
                _item("focused_application", T.TEXT, "Focused application", required=True),
                _item("comparison_methods", T.LONG_TEXT, "Methods it was compared with"),
                _item("outcome_measures", T.LONG_TEXT, "Outcome measures"),
                _item("key_findings", T.LONG_TEXT, "Key findings"),
            ),
        ),
        Section(
            "ethics",
            "Ethics",
            help="What the report says itself. What it does not mention is not reported.",
            items=(
                _item("ethics_bias", T.LONG_TEXT, "Bias", help="Of the data or the model, and what is done about it."),
                _item("ethics_privacy", T.LONG_TEXT, "Privacy", help="How data of people are protected."),
                _item("ethics_regulation", T.LONG_TEXT, "Regulation", help="Approval, compliance, rules that apply."),
            ),
        ),
    )
)

_CHARMS_STUDY = (
    Section(
        "source_of_data",
        "Source of data",
        items=(
            _item(
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
            _item("eligibility", T.LONG_TEXT, "Who could take part"),
            _item(
                "recruitment_method",
                T.SINGLE_OTHER,
                "How they were recruited",
                ("All in a row", "At random", "By choice of the researchers"),
            ),
            _item("setting_and_centres", T.TEXT, "Setting, and number of centres"),
            _item("study_dates", T.TEXT, "Dates of the study"),
            _item("participants_described", T.LONG_TEXT, "Who they were", help="Age, sex, severity of disease."),
            _item("treatments_received", T.TEXT, "Treatments received"),
        ),
    ),
)
_CHARMS_OUTCOME = Section(
    "outcome",
    "Outcome to be predicted",
    group="model",
    items=(
        _item("outcome_predicted", T.TEXT, "Outcome", required=True),
        _item("outcome_method", T.LONG_TEXT, "How it is defined and measured"),
        _item("outcome_same_for_all", T.YES_NO, "Defined and measured alike for all"),
        _item("outcome_type", T.SINGLE, "Kind of outcome", ("Single", "Composite")),
        _item("outcome_blind", T.YES_NO, "Assessed without knowing the predictors"),
        _item("predictors_in_outcome", T.YES_NO, "Predictors are part of the outcome"),
        _item("outcome_time", T.TEXT, "When it is measured, or length of follow-up"),
    ),
)
_CHARMS_PREDICTORS = Section(
    "predictors",
    "Candidate predictors",
    group="model",
    items=(
        _item("predictor_number", T.INTEGER, "Number of candidate predictors"),
        _item("predictor_type", T.TEXT, "Kinds of predictors", help="Such as history, laboratory, imaging."),
        _item("predictor_method", T.LONG_TEXT, "How they are defined and measured"),
        _item("predictor_timing", T.TEXT, "When they are measured"),
        _item("predictor_blind", T.YES_NO, "Assessed without knowing the outcome"),
        _item(
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
        _item("participants_number", T.INTEGER, "Participants"),
        _item("events_number", T.INTEGER, "Participants with the outcome"),
        _item(
            "events_per_predictor",
            T.DERIVED,
            "Events per candidate predictor",
            formula="events_number / predictor_number",
            precision=1,
        ),
        _item("participants_missing", T.INTEGER, "Participants with any value missing"),
        _item("missing_per_predictor", T.TEXT, "Values missing per predictor"),
        _item(
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
        _item(
            "modelling_method",
            T.SINGLE_OTHER,
            "Modelling method",
            ("Regression", "Tree or forest", "Neural network", "GAN", "VAE", "LLM"),
            required=True,
        ),
        _item("assumptions_checked", T.YES_NO, "Assumptions of the method were checked"),
        _item(
            "candidate_selection",
            T.SINGLE_OTHER,
            "How candidate predictors were chosen",
            ("Knowledge of the field", "All that were there", "Relation to the outcome alone"),
        ),
        _item(
            "model_selection",
            T.SINGLE_OTHER,
            "How predictors were chosen during modelling",
            ("Full model", "Backward", "Forward", "Penalised"),
        ),
        _item("shrinkage", T.SINGLE_OTHER, "Shrinkage", ("None", "Uniform", "Penalised estimation")),
    ),
)
_CHARMS_RESULTS = (
    Section(
        "results",
        "Results",
        group="model",
        items=(
            _item("final_model", T.LONG_TEXT, "Final model", help="Predictors, weights and intercept."),
            _item(
                "presentation",
                T.SINGLE_OTHER,
                "How it is presented",
                ("Formula", "Score", "Nomogram", "Code"),
            ),
            _item("development_and_validation", T.LONG_TEXT, "Development and validation data compared"),
        ),
    ),
    Section(
        "evaluation_method",
        "Evaluation",
        group="evaluation",
        items=(
            _item(
                "evaluation_type", T.SINGLE, "Kind of evaluation", ("Apparent", "Internal", "External"), required=True
            ),
            _item(
                "evaluation_how",
                T.SINGLE_OTHER,
                "Method",
                ("Random split", "Cross-validation", "Bootstrap", "Later in time", "Another place"),
            ),
            _item("calibration", T.TEXT, "Calibration", help="Plot, slope, calibration in the large."),
            _item("discrimination", T.ESTIMATE, "Discrimination (c statistic)", precision=3),
            _item("classification", T.TEXT, "Classification", help="Were thresholds set in advance?"),
            _item("clinical_utility", T.TEXT, "Clinical utility"),
            _item("updated_after_evaluation", T.YES_NO, "Model changed after poor performance"),
            _item("how_updated", T.TEXT, "How it was changed", shown_if=_if_yes("updated_after_evaluation")),
        ),
    ),
    Section(
        "interpretation",
        "Interpretation",
        items=(
            _item("intended_use", T.SINGLE, "Intended use", ("Ready to be used", "More research needed")),
            _item("limits", T.LONG_TEXT, "Limits, and to whom the results apply"),
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

INTERVENTION = Definition(
    sections=(
        Section(
            "study",
            "Study",
            items=(
                _item(
                    "design",
                    T.SINGLE_OTHER,
                    "Design",
                    (
                        "Randomised trial, parallel groups",
                        "Randomised trial, clusters",
                        "Randomised trial, crossover",
                        "Non-randomised trial",
                        "Cohort",
                        "Case-control",
                    ),
                    required=True,
                ),
                _item("country", T.TEXT, "Country or countries"),
                _item("setting", T.TEXT, "Setting"),
                _item("first_enrolled", T.DATE, "Enrolment began"),
                _item("last_enrolled", T.DATE, "Enrolment ended"),
                _item("registration", T.TEXT, "Number in a trial register", help="Such as NCT01234567."),
                _item("funding", T.TEXT, "Funding"),
                _item("conflicts_of_interest", T.LONG_TEXT, "Conflicts of interest declared"),
            ),
        ),
        Section(
            "population",
            "Population",
            items=(
                _item("inclusion", T.LONG_TEXT, "Inclusion criteria"),
                _item("exclusion", T.LONG_TEXT, "Exclusion criteria"),
                _item("age", T.RANGE, "Age range", unit="years"),
                _item("women", T.NUMBER, "Women, per cent", unit="%", precision=1),
            ),
        ),
        Section(
            "arm_details",
            "Arm",
            group="arm",
            items=(
                _item("arm_name", T.TEXT, "Name of the arm", required=True),
                _item("arm_kind", T.SINGLE, "Kind", ("Intervention", "Control"), required=True),
                _item("arm_given", T.LONG_TEXT, "What was given", help="Dose, how often, how long, by whom."),
                _item("arm_allocated", T.INTEGER, "Participants allocated"),
                _item("arm_analysed", T.INTEGER, "Participants analysed"),
            ),
        ),
        Section(
            "outcome_details",
            "Outcome",
            group="outcome",
            items=(
                _item("outcome_name", T.TEXT, "Outcome", required=True),
                _item("outcome_definition", T.LONG_TEXT, "How it is defined and measured"),
                _item(
                    "outcome_kind", T.SINGLE, "Kind of data", ("Events", "Measurements", "Time to event"), required=True
                ),
                _item("outcome_unit", T.TEXT, "Unit or scale", help="With the direction that is better."),
            ),
        ),
        Section(
            "time_point_details",
            "Time point",
            group="time_point",
            items=(
                _item("time_point_name", T.TEXT, "Time point", required=True, help="Such as 12 weeks."),
                _item(
                    "events_by_arm",
                    T.TABLE,
                    "Events by arm",
                    columns=(
                        Column("events_arm", "Arm"),
                        Column("events_with", "With the event", T.INTEGER),
                        Column("events_of", "Of", T.INTEGER),
                    ),
                    shown_if=Condition("outcome_kind", Operator.IS, ("outcome_kind_1",)),
                ),
                _item(
                    "measurements_by_arm",
                    T.TABLE,
                    "Measurements by arm",
                    columns=(
                        Column("measured_arm", "Arm"),
                        Column("measured_number", "Participants", T.INTEGER),
                        Column("measured_mean", "Mean", T.NUMBER),
                        Column("measured_sd", "SD", T.NUMBER),
                    ),
                    shown_if=Condition("outcome_kind", Operator.IS, ("outcome_kind_2",)),
                ),
                _item("effect", T.ESTIMATE, "Effect as reported"),
                _item(
                    "effect_measure",
                    T.SINGLE_OTHER,
                    "Measure of the effect",
                    ("Risk ratio", "Odds ratio", "Hazard ratio", "Mean difference", "Standardised mean difference"),
                ),
                _item("adjusted", T.YES_NO, "Adjusted"),
                _item("adjusted_for", T.TEXT, "Adjusted for", shown_if=_if_yes("adjusted")),
            ),
        ),
    ),
    groups=(
        Group("arm", "Arm", minimum=2),
        Group("outcome", "Outcome", minimum=1),
        Group("time_point", "Time point", parent="outcome", minimum=1),
    ),
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
