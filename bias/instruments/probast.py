"""PROBAST (2019): prediction models that say how likely a condition is now (diagnosis) or later (prognosis).

Numbers, columns and rules as in Wolff et al. and Moons et al., Ann Intern Med 2019;170:51-58 and W1-W33. The texts are
our own paraphrases; read the official wording at probast.org.
"""

from __future__ import annotations

from bias.constants import EvaluationType, Scale
from bias.instruments.types import Domain, Instrument, Part, Question, TypeOption

DEVELOPMENT = "development"
VALIDATION = "validation"
BOTH = (DEVELOPMENT, VALIDATION)

PARTICIPANTS = Domain(
    key="participants",
    name="Participants",
    describe="Where the data came from and how people were selected.",
    prompt="Bias from how participants or their data were selected.",
    applicability_prompt="Do the participants and setting differ from the review question?",
    questions=(
        Question(
            number="1.1",
            text="Is the data source suitable (cohort, trial or nested case-control with sampling handled)?",
            guidance=(
                "Case-control data that are not nested distort absolute risks; "
                "routine data collected for another purpose need a close look."
            ),
            columns=BOTH,
        ),
        Question(
            number="1.2",
            text="Were the inclusion and exclusion rules suitable?",
            guidance="Look for people who already had the outcome, or exclusions that leave an unrepresentative group.",
            columns=BOTH,
        ),
    ),
)


PREDICTORS = Domain(
    key="predictors",
    name="Predictors",
    describe="Predictors in the final model, their definition and timing.",
    prompt="Bias from predictors or the way they were measured.",
    applicability_prompt="Does the definition, measurement or timing of predictors differ from the review question?",
    questions=(
        Question(
            number="2.1",
            text="Were predictors defined and measured alike for everyone?",
            guidance="Different devices, sites or raters are a concern, most of all for subjective predictors.",
            columns=BOTH,
        ),
        Question(
            number="2.2",
            text="Were predictors measured without knowing the outcome?",
            guidance="Usually true by design in prospective data; check retrospective reading of images or notes.",
            columns=BOTH,
        ),
        Question(
            number="2.3",
            text="Will every predictor be available when the model is meant to be used?",
            guidance="A model for use before a procedure cannot rely on a measurement made after it.",
            columns=BOTH,
        ),
    ),
)


OUTCOME = Domain(
    key="outcome",
    name="Outcome",
    describe="Outcome, how and when it was determined.",
    prompt="Bias from the outcome or the way it was determined.",
    applicability_prompt="Does the outcome, its definition, timing or determination differ from the review question?",
    questions=(
        Question(
            number="3.1",
            text="Was the outcome determined in a suitable way?",
            guidance="Is the method accurate enough to class people correctly?",
            columns=BOTH,
        ),
        Question(
            number="3.2",
            text="Was the outcome definition set in advance or standard?",
            guidance="Definitions chosen after seeing results favour the model.",
            columns=BOTH,
        ),
        Question(
            number="3.3",
            text="Were predictors kept out of the outcome definition?",
            guidance="Overlap inflates performance (incorporation).",
            columns=BOTH,
        ),
        Question(
            number="3.4",
            text="Was the outcome defined and determined alike for everyone?",
            guidance="Watch for partial or differential verification and varying follow-up.",
            columns=BOTH,
        ),
        Question(
            number="3.5",
            text="Was the outcome determined without knowing the predictors?",
            guidance="Matters most for outcomes that need judgement.",
            columns=BOTH,
        ),
        Question(
            number="3.6",
            text="Was the time between predictor and outcome determination suitable?",
            guidance="Neither too short for the outcome to appear nor too long to reflect the same state.",
            columns=BOTH,
        ),
    ),
)


ANALYSIS = Domain(
    key="analysis",
    name="Analysis",
    describe="Numbers, missing data, model building, performance.",
    prompt="Bias from the analysis.",
    applicability_prompt="",
    questions=(
        Question(
            number="4.1",
            text="Were there enough participants with the outcome?",
            guidance=(
                "Development: events per candidate parameter; under 10 is a concern, 20 or more is comfortable. "
                "Validation: about 100 events or more."
            ),
            columns=BOTH,
        ),
        Question(
            number="4.2",
            text="Were continuous and categorical predictors handled suitably?",
            guidance="Data-driven cut-points and dichotomising lose information; check for non-linearity.",
            columns=BOTH,
        ),
        Question(
            number="4.3",
            text="Were all enrolled participants analysed?",
            guidance="Unexplained drop-outs between enrolment and analysis are a concern.",
            columns=BOTH,
        ),
        Question(
            number="4.4",
            text="Were participants with missing data handled suitably?",
            guidance="Silent complete-case analysis is a concern; multiple imputation is usually preferred.",
            columns=BOTH,
        ),
        Question(
            number="4.5",
            text="Was picking predictors by univariable tests avoided?",
            guidance="Screening by single-predictor p-values drops useful predictors and adds optimism.",
            columns=(DEVELOPMENT,),
        ),
        Question(
            number="4.6",
            text="Were complexities of the data (censoring, competing risks, sampled controls) dealt with?",
            guidance="The model type must fit the design and the outcome.",
            columns=BOTH,
        ),
        Question(
            number="4.7",
            text="Were suitable performance measures used?",
            guidance="Expect calibration and discrimination; a classification table alone is not enough.",
            columns=BOTH,
        ),
        Question(
            number="4.8",
            text="Were overfitting, underfitting and optimism dealt with?",
            guidance="Resampling that repeats every modelling step, shrinkage where needed; one random split is weak.",
            columns=(DEVELOPMENT,),
        ),
        Question(
            number="4.9",
            text="Do the predictors and weights of the final model match the reported multivariable results?",
            guidance="Rounded or re-derived scores can differ from the fitted model.",
            columns=(DEVELOPMENT,),
        ),
    ),
)


INSTRUMENT = Instrument(
    key="probast-2019",
    name="PROBAST",
    version="2019",
    link="https://www.probast.org/",
    scales=(Scale.PROBAST_LHU, Scale.REVIEW_LMH, Scale.REVIEW_LMHU),
    parts=(
        Part(
            key="",
            label="Risk of bias",
            axis="risk of bias",
            domains=(PARTICIPANTS, PREDICTORS, OUTCOME, ANALYSIS),
            columns=BOTH,
        ),
    ),
    evaluation_types=(
        TypeOption(
            code=EvaluationType.DEVELOPMENT,
            label="Development only",
            parts=("",),
            columns=(DEVELOPMENT,),
            guidance="A new model, without external validation.",
        ),
        TypeOption(
            code=EvaluationType.DEVELOPMENT_VALIDATION,
            label="Development and validation",
            parts=("",),
            columns=BOTH,
            guidance="A new model, and its validation in other participants.",
        ),
        TypeOption(
            code=EvaluationType.VALIDATION,
            label="Validation only",
            parts=("",),
            columns=(VALIDATION,),
            guidance="An existing model in other participants. Questions 4.5, 4.8 and 4.9 do not apply.",
        ),
    ),
    scope="Diagnostic and prognostic prediction models for individual people.",
    overall_note="Low when all domains are low, high when any is high, otherwise unclear. There is no score.",
    development_downgrade=True,
)
