"""RoB 2, ROBINS-I and QUADAS-2, judged domain by domain: what to look at in our own words, no signalling questions.

Sources: Sterne et al., BMJ 2019;366:l4898 (RoB 2); Sterne et al., BMJ 2016;355:i4919 (ROBINS-I); Whiting et al.,
Ann Intern Med 2011;155:529-536 (QUADAS-2). The official questions are behind each link.
"""

from __future__ import annotations

from bias.constants import Scale
from bias.instruments.types import Domain, Instrument, Part


def _one_part(*domains: Domain) -> tuple[Part, ...]:
    return (Part(key="", label="Risk of bias", axis="risk of bias", domains=domains),)


ROB2 = Instrument(
    key="rob2",
    name="RoB 2",
    version="2019",
    link="https://www.riskofbias.info/welcome/rob-2-0-tool",
    scales=(Scale.ROB2,),
    parts=_one_part(
        Domain(
            key="randomisation",
            name="Randomisation process",
            describe="How people were allocated to groups, and whether the groups were alike at the start.",
            prompt="Could anyone foresee or steer the allocation? Do differences at baseline point to a problem?",
        ),
        Domain(
            key="deviations",
            name="Deviations from intended interventions",
            describe="What people received, who knew it, and how they were analysed.",
            prompt="Did knowing the group change care because of the trial? Was everyone analysed in their own group?",
        ),
        Domain(
            key="missing_data",
            name="Missing outcome data",
            describe="For whom the outcome is known.",
            prompt="Are outcomes missing for many, and could that depend on the outcome itself?",
        ),
        Domain(
            key="measurement",
            name="Measurement of the outcome",
            describe="How and by whom the outcome was measured.",
            prompt="Was the method sound and the same in all groups? Could knowing the group sway the assessor?",
        ),
        Domain(
            key="selection",
            name="Selection of the reported result",
            describe="Which of several possible results was reported.",
            prompt="Was the result picked among several measures or analyses? Compare it with the plan.",
        ),
    ),
    scope="One result of a randomised trial.",
    overall_note=(
        "Low when all domains are low, high when any is high, otherwise some concerns. "
        "Some concerns in several domains may amount to high, by judgement and with a reason."
    ),
)

ROBINS_I = Instrument(
    key="robins-i",
    name="ROBINS-I",
    version="2016",
    link="https://www.riskofbias.info/welcome/home",
    scales=(Scale.ROBINS_I,),
    parts=_one_part(
        Domain(
            key="confounding",
            name="Confounding",
            describe="Causes of both the intervention and the outcome.",
            prompt="Were all important common causes measured well and allowed for, without adjusting for effects?",
        ),
        Domain(
            key="selection",
            name="Selection of participants",
            describe="Who entered the study, and when their follow-up began.",
            prompt="Did entry depend on something after the start? Do start of follow-up and of intervention coincide?",
        ),
        Domain(
            key="classification",
            name="Classification of interventions",
            describe="How it was determined who received what.",
            prompt="Were groups clearly defined, from information noted at the start, untouched by the outcome?",
        ),
        Domain(
            key="deviations",
            name="Deviations from intended interventions",
            describe="What people received afterwards.",
            prompt="Were there switches or extra treatments, uneven between groups, that bear on the outcome?",
        ),
        Domain(
            key="missing_data",
            name="Missing data",
            describe="For whom data are known.",
            prompt="Are outcomes, interventions or confounders missing for many, or unevenly between groups?",
        ),
        Domain(
            key="measurement",
            name="Measurement of outcomes",
            describe="How and by whom outcomes were measured.",
            prompt="Were methods the same in all groups? Could knowing the intervention sway the assessor?",
        ),
        Domain(
            key="reported_result",
            name="Selection of the reported result",
            describe="Which of several possible results was reported.",
            prompt="Was the result picked among several measures, analyses or subgroups?",
        ),
    ),
    scope="One result of a study of interventions without randomisation.",
    overall_note=(
        "The worst domain decides. Lack of information decides when nothing is serious or critical; "
        "serious risk in several domains may amount to critical. Both need judgement and a reason."
    ),
)

QUADAS_2 = Instrument(
    key="quadas-2",
    name="QUADAS-2",
    version="2011",
    link="https://www.bristol.ac.uk/population-health-sciences/projects/quadas/quadas-2/",
    scales=(Scale.PROBAST_LHU,),
    parts=_one_part(
        Domain(
            key="patient_selection",
            name="Patient selection",
            describe="How patients came into the study.",
            prompt="Was the sample consecutive or random, without a case-control design or unsuitable exclusions?",
            applicability_prompt="Do the patients and setting differ from the review question?",
        ),
        Domain(
            key="index_test",
            name="Index test",
            describe="The test under study, how it was done and read.",
            prompt="Was it read without knowing the reference standard, with a threshold set in advance?",
            applicability_prompt="Does the test, its conduct or its reading differ from the review question?",
        ),
        Domain(
            key="reference_standard",
            name="Reference standard",
            describe="How the condition was determined.",
            prompt="Is it likely to be right, and was it read without knowing the index test?",
            applicability_prompt="Does the condition it determines differ from the review question?",
        ),
        Domain(
            key="flow_timing",
            name="Flow and timing",
            describe="Who received which test, and when.",
            prompt="Was the gap between tests short, the reference standard the same for all, and everyone analysed?",
        ),
    ),
    scope="Studies of the accuracy of a diagnostic test.",
    overall_note=(
        "QUADAS-2 names a study at low risk only when all domains are low, and advises against a score. "
        "The overall level here is the worst domain."
    ),
)
