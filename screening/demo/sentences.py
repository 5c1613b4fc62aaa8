"""Banks of sentences from which the abstracts of the synthetic reports are composed.

Slots come from a card (``topic``, ``aim``, ``data``, ``method``, ``measure``; capitalised when the name is) and from
drawn numbers (``sites``, ``months``, ``gain`` with its interval ``low``-``high``, ``share``, ``rest``). Sentences never
say whether a larger measure is better: they speak of gains, so that they are true to every card.
"""

from typing import Final

Bank = dict[str, tuple[str, ...]]

GAPS: Final = (
    "Earlier work rests on small samples and is seldom tested outside the place where it was made.",
    "What has been published so far differs in definitions, so that results can hardly be compared.",
    "Few groups have reported how their results change when conditions change.",
    "It is not known whether results obtained under ideal conditions hold in everyday use.",
    "The question has practical weight, yet direct comparisons are rare.",
    "Most published results stop at a single site and a single season.",
    "Reports of failure are missing from the published record, which makes planning difficult.",
)

LIMITS: Final = (
    "The main limits are a follow-up of only {months} months and missing entries in about {share} % of cases.",
    "We could not blind everyone involved, and one site joined late.",
    "The sample was not drawn at random, and small effects may have been missed.",
    "Our figures come from one country and should be repeated elsewhere.",
    "Costs were not collected, and longer observation is under way.",
    "Two of the {sites} sites used older equipment, which may have weakened the effect.",
    "Unmeasured differences between groups cannot be ruled out.",
)

ENGINEERING: Final[Bank] = {
    "background": (
        "Work on {topic} still depends on rules of thumb that were written for other conditions.",
        "Interest in {topic} has grown quickly, while measurements remain expensive.",
        "Those who work on {topic} need answers sooner than current tools can give them.",
        "Good data for {topic} are scarce, uneven and slow to collect.",
        "Progress in {topic} has been limited by what can be measured at reasonable cost.",
        "Decisions about {topic} are often taken with less information than is available in principle.",
    ),
    "aim": (
        "We set out to {aim}.",
        "The goal of this work is to {aim}.",
        "Here we show how to {aim}.",
        "This article asks whether it is possible to {aim}.",
        "We describe a way to {aim} and say where it fails.",
    ),
    "methods": (
        "The work draws on {data}, collected over {months} months.",
        "We used {data} and kept a fifth of the material untouched until the end.",
        "{Method} was built and compared with the procedure in common use.",
        "At the centre stands {method}, chosen after trials with {sites} alternatives.",
        "Every setting was fixed in advance on material that was not used for testing.",
        "We repeated each run {sites} times with different starting values.",
        "An ablation removed one part at a time to see what each contributes.",
        "All comparisons were planned before the first result was seen.",
    ),
    "results": (
        "{Measure} improved by {gain} % over the usual procedure (95 % interval {low} to {high}).",
        "Across {sites} settings the gain in {measure} was {gain} %, with an interval from {low} to {high}.",
        "The advantage was clearest where material was scarce and vanished in about {share} % of cases.",
        "In {share} % of the runs the simple procedure did as well or better.",
        "Removing the learned part cost nearly half of the gain.",
        "Results were stable between repetitions, with a spread below {spread} %.",
        "Computing time rose, but stayed within what the setting allows.",
        "Errors gathered in the most unusual conditions, which we list in full.",
    ),
    "conclusion": (
        "For {topic} the approach is ready for a larger trial, though not yet for routine use.",
        "The findings suggest that {topic} can be improved without new hardware.",
        "We recommend the approach where conditions resemble ours, and caution elsewhere.",
        "Code and settings are described in enough detail to repeat the work.",
        "The gain is modest, but it comes at little cost.",
    ),
}

CLINICAL: Final[Bank] = {
    "background": (
        "A good deal of clinical time goes into {topic}, and practice varies between centres.",
        "Guidance on {topic} leaves room for judgement where the evidence is thin.",
        "Patients and clinicians name {topic} among the questions they would most like answered.",
        "Outcomes in {topic} have changed little over the past decade.",
        "Care around {topic} differs more between hospitals than case mix would explain.",
        "Much of what is advised about {topic} was carried over from other groups of patients.",
    ),
    "aim": (
        "The aim was to {aim}.",
        "We wanted to {aim} under ordinary conditions of care.",
        "This work was designed to {aim}.",
        "Our objective was to {aim} and to describe unwanted effects.",
        "We planned to {aim}, with an eye to what staff can sustain.",
    ),
    "methods": (
        "We used {method} and enrolled {data} in {sites} centres.",
        "The sample consisted of {data}, seen between {year0} and {year1}.",
        "The design was {method}, registered before the first participant entered.",
        "The primary outcome was {measure}; all analyses followed a written plan.",
        "Assessors did not know to which group a participant belonged.",
        "Missing values were imputed, and complete cases were examined separately.",
        "Participants were followed for {months} months through visits and telephone calls.",
        "Patients helped to choose the outcomes and to word the information sheet.",
    ),
    "results": (
        "{Measure} improved by {gain} % against the comparison (95 % CI {low} to {high}).",
        "The difference in {measure} between groups was {gain} % (95 % CI {low} to {high}; p = {p}).",
        "Follow-up was complete for {rest} % of participants.",
        "Serious unwanted events were rare and equally common in both groups.",
        "Effects were similar in women and men, and in those above and below the median age.",
        "About {share} % of participants did not receive the planned care, mostly for practical reasons.",
        "In a sensitivity analysis without the largest centre the estimate hardly moved.",
        "Staff described the work as manageable once the first {sites} weeks had passed.",
    ),
    "conclusion": (
        "The results support a cautious change of practice in {topic}.",
        "For {topic}, benefit seems likely but smaller than hoped.",
        "Centres that plan a change should measure {measure} before and after.",
        "A larger trial with longer follow-up is justified.",
        "The approach is feasible with the staff and equipment at hand.",
    ),
}

PREDICTION: Final[Bank] = {
    "background": (
        "Many models have been proposed for {topic}, but few have been tested where they would be used.",
        "Prediction suits {topic}, because decisions are frequent and delay is costly.",
        "Tools for {topic} often lose accuracy when they move to another hospital.",
        "Routine records hold information on {topic} that is seldom brought together.",
        "Published models for {topic} rarely report calibration.",
    ),
    "aim": (
        "We aimed to {aim}.",
        "The objective was to {aim} with information available at the time of decision.",
        "This work sought to {aim} and to report failures as openly as successes.",
        "We asked whether one could {aim} without new measurements.",
    ),
    "methods": (
        "The material comprised {data} from {sites} institutions.",
        "{Method} was trained on the earlier years and tested on the later ones.",
        "We compared {method} with logistic regression on the same predictors.",
        "Discrimination, calibration and decision curves were reported for every subgroup.",
        "Predictors were restricted to those recorded before the moment of prediction.",
        "Hyperparameters were chosen by nested cross-validation.",
        "Sample size was justified in advance by the expected number of events.",
        "Rows were split by institution, so that no one appeared on both sides.",
    ),
    "results": (
        "{Measure} improved by {gain} % over the comparator (95 % CI {low} to {high}).",
        "On held-out data the gain in {measure} was {gain} % (95 % CI {low} to {high}).",
        "The area under the curve was 0.{auc}, and the calibration slope was 0.{slope}.",
        "Performance fell by {spread} % at the institution with the fewest patients.",
        "A model with {sites} predictors did nearly as well as the full one.",
        "Predictions were too extreme in the highest decile and were corrected by recalibration.",
        "At the threshold chosen by clinicians, {share} % of alarms were followed by action.",
    ),
    "conclusion": (
        "The model is useful for {topic}, provided that it is recalibrated locally.",
        "Simple models go a long way in {topic}.",
        "A prospective evaluation should come before any use in {topic}.",
        "Differences between institutions matter more than the choice of algorithm.",
    ),
}

GENERATIVE: Final[Bank] = {
    "background": (
        "Generative models can propose data that were never measured, which makes them attractive for {topic}.",
        "For {topic}, clinicians lack examples of what might have happened otherwise.",
        "Work on {topic} has turned from describing data to generating them.",
        "Work on {topic} needs models that state their uncertainty along with their output.",
        "Collections used for {topic} are small, unbalanced and hard to share.",
    ),
    "aim": (
        "We developed a method to {aim}.",
        "Our goal was to {aim} and to check the output against measurements.",
        "This work examines how far one can {aim}.",
        "We asked how well a generative model can {aim}.",
    ),
    "methods": (
        "Training used {data}; a separate set from {sites} sites served for testing.",
        "We trained {method} and compared it with two simpler baselines.",
        "{Method} was fitted with early stopping and {sites} random restarts.",
        "Experts who did not know the origin of a sample judged its plausibility.",
        "Generated samples were checked for copies of the training data.",
        "The main measure was {measure}, computed on data never seen in training.",
        "Ablations removed conditioning, regularisation and augmentation in turn.",
        "Uncertainty was estimated by drawing many samples for each case.",
    ),
    "results": (
        "{Measure} improved by {gain} % over the best baseline (95 % CI {low} to {high}).",
        "The gain in {measure} was {gain} % on the external set (95 % CI {low} to {high}).",
        "Experts could not tell generated from measured samples in {rest} % of comparisons.",
        "No near copies of training data were found among the generated samples.",
        "Performance dropped by {spread} % when the acquisition protocol changed.",
        "Stated intervals covered the measured value in {rest} % of cases.",
        "Conditioning contributed most of the gain; augmentation contributed little.",
        "Implausible output occurred in {share} % of cases and was easy to recognise.",
    ),
    "conclusion": (
        "Generated data have a place in work on {topic}, but should be marked as generated.",
        "The method is a step forward for {topic}; a prospective test is needed.",
        "For {topic} the stated uncertainty is as valuable as the estimate.",
        "Before use in {topic}, the model needs checking at further sites.",
    ),
}

REVIEW: Final[Bank] = {
    "background": (
        "Publications on {topic} multiply faster than anyone can read them.",
        "People speak of {topic} with great hopes and some impatience.",
        "Opinions on {topic} differ, partly because the terms are used loosely.",
        "Readers new to {topic} meet many claims and little guidance.",
    ),
    "aim": (
        "This contribution sets out to {aim}.",
        "Our purpose is to {aim}.",
        "We {aim}, and we try to keep evidence and opinion apart.",
        "The authors were invited to {aim}.",
    ),
    "methods": (
        "The basis is {data}, considered up to the end of {year1}.",
        "We chose {method} as the form, since the material is too varied for pooling.",
        "Two authors read the material and discussed every point of disagreement.",
        "No quantitative synthesis was attempted.",
        "Sources in {sites} languages were considered where a translation existed.",
        "We looked for statements that could be checked and noted which had been.",
    ),
    "results": (
        "Among the themes considered, {measure} stood out as the most telling.",
        "Roughly {share} % of the claims were supported by a direct comparison.",
        "Definitions varied widely, and only {sites} sources stated theirs.",
        "Reports of harm were few, which may reflect how they are collected.",
        "Enthusiasm was greatest where evidence was youngest.",
        "Data protection and reimbursement were named as obstacles in most sources.",
        "We found agreement on aims and disagreement on the order of steps.",
    ),
    "conclusion": (
        "We close with {sites} suggestions for authors who write on {topic}.",
        "What {topic} needs is sober evaluation rather than further announcements.",
        "The next years will show which expectations of {topic} were sound.",
        "Shared definitions would do more for {topic} than another algorithm.",
    ),
}

BANKS: Final[dict[str, Bank]] = {
    "engineering": ENGINEERING,
    "clinical": CLINICAL,
    "prediction": PREDICTION,
    "generative": GENERATIVE,
    "review": REVIEW,
}
