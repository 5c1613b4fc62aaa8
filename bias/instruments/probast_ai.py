"""PROBAST+AI (2025): development of a prediction model is judged for quality, its evaluation for risk of bias.

Numbers, columns and where "not applicable" is allowed as in Moons et al., BMJ 2025;388:e082505. The texts are our own
paraphrases; read the official wording at probast.org. Domains 1 to 3 share their questions in both parts.
"""

from __future__ import annotations

from bias.constants import Answer, EvaluationType, Scale
from bias.instruments.types import STANDARD_ANSWERS, Domain, Instrument, Part, Question, TypeOption

DEVELOPMENT = "development"
EVALUATION = "evaluation"
ONCE = ""
APPARENT, INTERNAL, EXTERNAL = "apparent", "internal", "external"
PERFORMANCE = (APPARENT, INTERNAL, EXTERNAL)

PARTICIPANTS = Domain(
    key="participants",
    name="Participants and data sources",
    describe="Where the data came from, the design, and who was included.",
    prompt="Concern from data sources, design, or who was in and out.",
    applicability_prompt="Do the participants, data or setting differ from the review question?",
    questions=(
        Question(
            number="1.1",
            text="Were the data sources suitable?",
            guidance="Source traceable, collection described in enough detail; open repositories often lack it.",
        ),
        Question(
            number="1.2",
            text="Was the study design suitable?",
            guidance="Prognosis: ideally a prospective cohort; sampled designs need the sampling fraction used.",
        ),
        Question(
            number="1.3",
            text="Did inclusions and exclusions leave a representative data set?",
            guidance="Fairness: no group of the target population wrongly left out.",
        ),
    ),
)

PREDICTORS = Domain(
    key="predictors",
    name="Predictors",
    describe="Predictors, how they were measured and prepared.",
    prompt="Concern from predictors, their measurement or preparation.",
    applicability_prompt="Does the definition, measurement or timing of predictors differ from the review question?",
    questions=(
        Question(
            number="2.1",
            text="Were predictors defined and measured alike for everyone?",
            guidance="Most at risk: readings that need judgement.",
        ),
        Question(
            number="2.2",
            text="Was preprocessing of predictors alike for everyone?",
            guidance="Scaling, extraction and imputation alike across centres and groups, fitted on training data.",
        ),
        Question(
            number="2.3",
            text="Were predictors measured without knowing the outcome?",
            guidance="Often unreported.",
        ),
        Question(
            number="2.4",
            text="Were the predictors available when the model was meant to be used?",
            guidance="No measurement from after the moment of use.",
        ),
    ),
)

OUTCOME = Domain(
    key="outcome",
    name="Outcome",
    describe="Outcome, how and when it was determined.",
    prompt="Concern from the outcome or the way it was determined.",
    applicability_prompt="Does the outcome, its definition, timing or determination differ from the review question?",
    questions=(
        Question(
            number="3.1",
            text="Were outcomes defined and determined suitably?",
            guidance="Standard, set in advance, accurate, free of predictors.",
        ),
        Question(
            number="3.2",
            text="Were outcomes defined and determined alike for everyone?",
            guidance="Same thresholds, labellers and visits.",
        ),
        Question(
            number="3.3",
            text="Were outcomes determined without using or knowing predictor data?",
            guidance="Label leakage from inputs.",
        ),
        Question(
            number="3.4",
            text="Was the time between predictor and outcome suitable?",
            guidance="Matches the stated horizon.",
        ),
    ),
)

DEVELOPMENT_ANALYSIS = Domain(
    key="analysis",
    name="Analysis",
    describe="Numbers, preparation of data and how the model was built.",
    prompt="Concern about quality from the analysis.",
    questions=(
        Question(
            number="4.1",
            text="Is there evidence that the sample was large enough?",
            guidance="Relative to model complexity; regularisation does not replace data.",
        ),
        Question(
            number="4.2",
            text="Were continuous and categorical predictors handled suitably?",
            guidance="No data-driven cut-points.",
        ),
        Question(
            number="4.3",
            text="Were missing or censored data handled suitably?",
            guidance="No silent complete-case analysis; competing risks where relevant.",
        ),
        Question(
            number="4.4",
            text="If class imbalance was corrected, were the model or its predictions recalibrated?",
            guidance="Resampling shifts probabilities.",
            na_allowed=True,
        ),
        Question(
            number="4.5",
            text="Were steps taken against overfitting?",
            guidance="Regularisation, tuning within resampling, no univariable screening.",
        ),
    ),
)

EVALUATION_ANALYSIS = Domain(
    key="analysis",
    name="Analysis",
    describe="How performance was estimated: on the same data, inside them, or in other data.",
    prompt="Bias from the analysis.",
    questions=(
        Question(
            number="4.1",
            text="Was evaluation on the development data alone avoided?",
            guidance="Apparent performance only is a strong warning sign.",
        ),
        Question(
            number="4.2",
            text="Is there evidence that the sample was large enough?",
            guidance="About 100 events as a rule of thumb; small groups give imprecise results.",
            columns=PERFORMANCE,
        ),
        Question(
            number="4.3",
            text="Were missing or censored data handled suitably?",
            guidance="Also a predictor wholly absent from external data.",
            columns=PERFORMANCE,
        ),
        Question(
            number="4.4",
            text="If class imbalance was corrected, was evaluation done on uncorrected data?",
            guidance="Test data should keep the real prevalence.",
            columns=PERFORMANCE,
            na_allowed=True,
        ),
        Question(
            number="4.5",
            text="If data were split, is there evidence that leakage was avoided?",
            guidance="No shared people, no tuning or preprocessing on test data.",
            columns=(INTERNAL,),
            na_allowed=True,
        ),
        Question(
            number="4.6",
            text="If resampling was used, were all modelling steps repeated inside it?",
            guidance="Imputation, selection and tuning included.",
            columns=(INTERNAL,),
            na_allowed=True,
        ),
        Question(
            number="4.7",
            text="Were suitable performance measures used?",
            guidance="Calibration, discrimination, net benefit, with uncertainty; by subgroup where fairness matters.",
            columns=PERFORMANCE,
        ),
    ),
)


INSTRUMENT = Instrument(
    key="probast-ai-2025",
    name="PROBAST+AI",
    version="2025",
    link="https://www.probast.org/",
    scales=(Scale.PROBAST_LHU, Scale.REVIEW_LMH, Scale.REVIEW_LMHU),
    parts=(
        Part(
            key=DEVELOPMENT,
            label="Model development",
            axis="quality",
            domains=(PARTICIPANTS, PREDICTORS, OUTCOME, DEVELOPMENT_ANALYSIS),
        ),
        Part(
            key=EVALUATION,
            label="Model evaluation",
            axis="risk of bias",
            domains=(PARTICIPANTS, PREDICTORS, OUTCOME, EVALUATION_ANALYSIS),
            columns=(ONCE, *PERFORMANCE),
            columns_by_use=True,
        ),
    ),
    answers=(*STANDARD_ANSWERS, Answer.NOT_APPLICABLE),
    evaluation_types=(
        TypeOption(
            code=EvaluationType.DEVELOPMENT,
            label="Development only",
            parts=(DEVELOPMENT,),
            columns=(ONCE,),
            guidance="A new model whose performance is not what your review asks about.",
        ),
        TypeOption(
            code=EvaluationType.DEVELOPMENT_VALIDATION,
            label="Development and evaluation",
            parts=(DEVELOPMENT, EVALUATION),
            columns=(ONCE, *PERFORMANCE),
            guidance="A new model with any estimate of its performance, in the same or in other data.",
        ),
        TypeOption(
            code=EvaluationType.VALIDATION,
            label="Evaluation only",
            parts=(EVALUATION,),
            columns=(ONCE, *PERFORMANCE),
            guidance="The performance of an existing model.",
        ),
    ),
    scope="Prediction models for individual people, made by regression, machine learning or other AI.",
    overall_note=(
        "Worst domain in each part. Sources differ on whether assessors may depart from it; here they may, and say why."
    ),
)
