"""Invented authors and journals for the synthetic reports. Any likeness to real ones is chance."""

import random
from typing import Final

from screening.demo.types import Journal, Person

_FAMILY_NAMES: Final = (
    "Abramczyk Adeyemi Albrecht Almqvist Arnaud Aydın Bakker Balogun Barroso Bélanger Bianchini Björklund "
    "Boateng Borgström Brennan Çelik Chaudhry Cho Costantini Dąbrowska Delgado-Ríos Demir Desrosiers Dimitrova "
    "Dlamini Eikeland Eriksen Fagerlund Farouk Ferreira Fitzgerald Fjellheim Forsström García-Molina "
    "Gebremariam Grünwald Gunnarsdóttir Haddad Halvorsen Hamdan Hashimoto Hernández Hoekstra Horváth Ibáñez "
    "Ishikawa Iversen Jankowski Jovanović Kadlec Kamara Karlsen Kowalczyk Krüger Kuznetsova Lacroix Laukkanen "
    "Leclercq Lindqvist Lombardi Maeda Majewski Mancini Markovič Mbeki Mehrotra Meunier Mikkelsen Moreau "
    "Mukherjee Müller Nakagawa Ndiaye Novák Nyström Obermeier O'Connell Okafor Olsson Ortega-Paz Ozdemir "
    "Pálsson Papadaki Parthasarathy Pereira Petrović Pham Pokorný Quintero Raghunathan Reinhardt Ribeiro "
    "Rossetti Rousseau Saarinen Salvatore Schäfer Sedláček Sithole Søndergaard Stojanov Suzuki Szabó Takahashi "
    "Thorvaldsen Tkachenko Tran Uchida Vanderbeek Vasilescu Verhoeven Vidal Wallenberg Weatherby Wójcik "
    "Yamashita Yeboah Yılmaz Zielińska Zografos"
)
_FAMILY: Final = tuple(_FAMILY_NAMES.split())
_GIVEN_NAMES: Final = (
    "Ada Adrián Aiko Amara Anders Anjali Annika Astrid Ben Bruno Camille Chidi Clara Daniel Daria David Edith "
    "Elena Emre Erik Esther Eva Farid Felix Fiona Giulia Grace Hana Hassan Helena Hugo Ines Ingrid Isabel Ivan "
    "Jana Joanna Jonas Jorge Julia Kaito Karin Kofi Lars Leila Lena Liam Lucía Magnus Malik Marek Maria Marta "
    "Mateo Mei Miguel Mina Nadia Naoko Niels Nina Noor Olga Omar Oskar Paula Pavel Petra Priya Rafael Ravi "
    "Rosa Ruth Samuel Sara Sofia Stefan Tariq Teresa Thomas Tomáš Ulrike Vera Viktor Wanjiru Yara Yusuf Zuzana"
)
_GIVEN: Final = tuple(_GIVEN_NAMES.split())

_NAMES: Final[dict[str, tuple[tuple[str, str], ...]]] = {
    "agri": (
        ("Annals of Field and Orchard Science", "Ann Field Orch Sci"),
        ("Journal of Farm Sensing", "J Farm Sens"),
        ("Agronomy and Husbandry Letters", "Agron Husb Lett"),
    ),
    "econ": (
        ("Quarterly Review of Applied Household Economics", "Q Rev Appl Househ Econ"),
        ("Journal of Markets and Measurement", "J Mark Meas"),
        ("Public Finance Notes", "Public Financ Notes"),
    ),
    "comp": (
        ("Transactions on Networks and Trustworthy Systems", "Trans Netw Trust Syst"),
        ("Journal of Computing Practice", "J Comput Pract"),
        ("Letters in Machine Intelligence", "Lett Mach Intell"),
    ),
    "engi": (
        ("Journal of Structures and Machines", "J Struct Mach"),
        ("Energy, Weather & Grid", "Energy Weather Grid"),
        ("International Journal of Applied Measurement", "Int J Appl Meas"),
        ("Annals of Industrial Automation", "Ann Ind Autom"),
    ),
    "soci": (
        ("Culture & Computation", "Cult Comput"),
        ("Journal of Learning and Work", "J Learn Work"),
        ("Law, Media and Society Review", "Law Media Soc Rev"),
    ),
    "clin": (
        ("Nordic Archives of Clinical Medicine", "Nord Arch Clin Med"),
        ("Journal of Everyday Therapeutics", "J Everyday Ther"),
        ("Annals of Hospital Trials", "Ann Hosp Trials"),
        ("Open Clinical Practice", "Open Clin Pract"),
        ("European Review of Bedside Medicine", "Eur Rev Bedside Med"),
    ),
    "nurs": (
        ("Journal of Ward Nursing", "J Ward Nurs"),
        ("Nursing Inquiry and Practice Quarterly", "Nurs Inq Pract Q"),
        ("Care & Caring", "Care Caring"),
    ),
    "info": (
        ("Journal of Computational Bedside Medicine", "J Comput Bedside Med"),
        ("Health Data and Models", "Health Data Models"),
        ("Clinical Algorithms", "Clin Algorithms"),
        ("Annals of Medical Machine Learning", "Ann Med Mach Learn"),
    ),
    "imag": (
        ("Journal of Imaging Methods", "J Imaging Methods"),
        ("Images and Diagnosis", "Images Diagn"),
        ("European Annals of Image Computing", "Eur Ann Image Comput"),
    ),
    "omic": (
        ("Journal of Individual Genomics", "J Individ Genomics"),
        ("Molecular Profiles & Therapy", "Mol Profiles Ther"),
        ("Systems Medicine Letters", "Syst Med Lett"),
        ("Oncology and Omics", "Oncol Omics"),
    ),
    "back": (
        ("Journal of Back and Movement Therapy", "J Back Mov Ther"),
        ("Annals of Physical Rehabilitation Practice", "Ann Phys Rehabil Pract"),
        ("Spine & Exercise", "Spine Exerc"),
        ("Open Physiotherapy Trials", "Open Physiother Trials"),
    ),
}


def _issn(number: int) -> str:
    """An ISSN with a right check digit (ISO 3297: weights 8 to 2, modulo 11)."""
    digits = f"9999{number:03d}"
    check = -sum(int(digit) * weight for digit, weight in zip(digits, range(8, 1, -1), strict=True)) % 11
    return f"{digits[:4]}-{digits[4:]}{'X' if check == 10 else check}"


_PUBLISHERS: Final = ("Larkfield Press", "Harbour Academic", "Open Meadow", "Northgate Science", "Quillon & Daughters")
MEETING: Final = Journal(
    "Proceedings of the Northern Meeting on Individual Medicine",
    "Proc North Meet Individ Med",
    "Harbour Academic",
    _issn(99),
)


def _catalogue() -> dict[str, tuple[Journal, ...]]:
    """Journals by subject. The ISSNs begin with 9999, a block that has not been given out."""
    journals: dict[str, tuple[Journal, ...]] = {}
    number = 0
    for subject, names in _NAMES.items():
        made = []
        for name, abbreviation in names:
            number += 1
            publisher = _PUBLISHERS[number % len(_PUBLISHERS)]
            made.append(Journal(name, abbreviation, publisher, _issn(number)))
        journals[subject] = tuple(made)
    return journals


JOURNALS: Final = _catalogue()


def draw_authors(rng: random.Random, most: int = 8) -> tuple[Person, ...]:
    """One to ``most`` invented authors with different family names."""
    families = rng.sample(_FAMILY, k=rng.randint(2, most) if rng.random() > 0.06 else 1)
    return tuple(_person(family, rng) for family in families)


def _person(family: str, rng: random.Random) -> Person:
    given = rng.choice(_GIVEN)
    middle = rng.choice("ABCDEFGHJKLMNPRSTVW") if rng.random() < 0.35 else ""
    return Person(family=family, initials=given[0] + middle, given=f"{given} {middle}." if middle else given)
