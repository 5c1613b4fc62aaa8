"""The template of a plain review of interventions: arms, and outcomes at their time points."""

from __future__ import annotations

from extraction.constants import ItemType
from extraction.rules.definition_types import Column, Condition, Definition, Group, Operator, Section
from extraction.rules.template_items import if_yes, item_of

T = ItemType

INTERVENTION = Definition(
    sections=(
        Section(
            "study",
            "Study",
            items=(
                item_of(
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
                item_of("country", T.TEXT, "Country or countries"),
                item_of("setting", T.TEXT, "Setting"),
                item_of("first_enrolled", T.DATE, "Enrolment began"),
                item_of("last_enrolled", T.DATE, "Enrolment ended"),
                item_of("registration", T.TEXT, "Number in a trial register", help="Such as NCT01234567."),
                item_of("funding", T.TEXT, "Funding"),
                item_of("conflicts_of_interest", T.LONG_TEXT, "Conflicts of interest declared"),
            ),
        ),
        Section(
            "population",
            "Population",
            items=(
                item_of("inclusion", T.LONG_TEXT, "Inclusion criteria"),
                item_of("exclusion", T.LONG_TEXT, "Exclusion criteria"),
                item_of("age", T.RANGE, "Age range", unit="years"),
                item_of("women", T.NUMBER, "Women, per cent", unit="%", precision=1),
            ),
        ),
        Section(
            "arm_details",
            "Arm",
            group="arm",
            items=(
                item_of("arm_name", T.TEXT, "Name of the arm", required=True),
                item_of("arm_kind", T.SINGLE, "Kind", ("Intervention", "Control"), required=True),
                item_of("arm_given", T.LONG_TEXT, "What was given", help="Dose, how often, how long, by whom."),
                item_of("arm_allocated", T.INTEGER, "Participants allocated"),
                item_of("arm_analysed", T.INTEGER, "Participants analysed"),
            ),
        ),
        Section(
            "outcome_details",
            "Outcome",
            group="outcome",
            items=(
                item_of("outcome_name", T.TEXT, "Outcome", required=True),
                item_of("outcome_definition", T.LONG_TEXT, "How it is defined and measured"),
                item_of(
                    "outcome_kind", T.SINGLE, "Kind of data", ("Events", "Measurements", "Time to event"), required=True
                ),
                item_of("outcome_unit", T.TEXT, "Unit or scale", help="With the direction that is better."),
            ),
        ),
        Section(
            "time_point_details",
            "Time point",
            group="time_point",
            items=(
                item_of("time_point_name", T.TEXT, "Time point", required=True, help="Such as 12 weeks."),
                item_of(
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
                item_of(
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
                item_of("effect", T.ESTIMATE, "Effect as reported"),
                item_of(
                    "effect_measure",
                    T.SINGLE_OTHER,
                    "Measure of the effect",
                    ("Risk ratio", "Odds ratio", "Hazard ratio", "Mean difference", "Standardised mean difference"),
                ),
                item_of("adjusted", T.YES_NO, "Adjusted"),
                item_of("adjusted_for", T.TEXT, "Adjusted for", shown_if=if_yes("adjusted")),
            ),
        ),
    ),
    groups=(
        Group("arm", "Arm", minimum=2),
        Group("outcome", "Outcome", minimum=1),
        Group("time_point", "Time point", parent="outcome", minimum=1),
    ),
)
