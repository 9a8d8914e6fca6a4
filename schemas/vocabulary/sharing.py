"""Words of opinions and groups."""

from schemas.vocabulary.word import enumeration

VERDICT = enumeration(
    "verdict",
    {
        "seen": (
            "Matched on one's own service, content not reviewed; not a word on whether it is right.",
            "Rencontré sur son service, sans examen ; ne dit pas si la fiche est juste.",
        ),
        "confirmed": (
            "Reviewed and found right; not on the strength of others' opinions.",
            "Examiné et trouvé juste ; pas sur la foi d'autres avis.",
        ),
        "disputed": (
            "Reviewed and found wrong; not for a difference of law, which has its reason.",
            "Examiné et trouvé faux ; pas sans en donner la raison.",
        ),
        "not_actionable": (
            "One cannot act on it; not that it is wrong.",
            "On ne peut rien en faire ; pas qu'elle est fausse.",
        ),
        "outdated": (
            "It was right and no longer is; not when it never was.",
            "Elle fut juste et ne l'est plus ; pas si elle ne le fut jamais.",
        ),
    },
)

OPINION_REASON = enumeration(
    "opinion_reason",
    {
        "wrong_classification": (
            "It belongs in another class; not when it is no such content at all.",
            "Elle relève d'une autre classe ; pas si ce n'est pas un tel contenu.",
        ),
        "not_csam": (
            "It is no such content; not when the person is an adult, which is adult.",
            "Ce n'est pas un tel contenu ; pas si la personne est adulte, ce qui est adult.",
        ),
        "adult": (
            "The person shown is an adult; not for doubts about age.",
            "La personne montrée est adulte ; pas pour un doute sur l'âge.",
        ),
        "benign_collision": (
            "The value also matches harmless content; not when the content itself is harmless.",
            "L'empreinte touche aussi un contenu anodin ; pas si le contenu même est anodin.",
        ),
        "low_quality_hash": (
            "The value matches too much to be used; not one known collision.",
            "L'empreinte touche trop pour servir ; pas une seule collision connue.",
        ),
        "duplicate": (
            "The same origin shares it twice; not because another origin shares it.",
            "La même origine la partage deux fois ; pas parce qu'une autre la partage.",
        ),
        "ai_status_wrong": (
            "What it says of generation is wrong; not for doubts.",
            "Ce qu'elle dit de la génération est faux ; pas pour un doute.",
        ),
        "illegal_elsewhere_only": (
            "Lawful where one acts; not that the record is wrong.",
            "Licite là où l'on agit ; pas que la fiche est fausse.",
        ),
    },
)

REVIEWED_BY = enumeration(
    "reviewed_by",
    {
        "automated": (
            "A program alone; not when a person looked.",
            "Un programme seul ; pas si une personne a regardé.",
        ),
        "one_person": (
            "One trained person; not a user's complaint.",
            "Une personne formée ; pas la plainte d'un utilisateur.",
        ),
        "two_or_more": (
            "Two trained people who agreed independently; not one person twice.",
            "Deux personnes formées concluant séparément ; pas une seule deux fois.",
        ),
    },
)

GROUP_ROLE = enumeration(
    "group_role",
    {
        "member": (
            "Pulls from the group and may address it; not for those who only read.",
            "Relève du groupe et peut s'y adresser ; pas pour qui ne fait que lire.",
        ),
        "observer": (
            "Pulls from the group and cannot address it; not for its owner.",
            "Relève du groupe sans pouvoir s'y adresser ; pas pour son propriétaire.",
        ),
    },
)

HISTORY = enumeration(
    "history",
    {
        "all": (
            "Newcomers get what was shared before they joined; not where that was promised to few.",
            "Un nouveau reçoit aussi le passé ; pas si celui-ci fut promis à quelques-uns.",
        ),
        "from_joining": (
            "Newcomers get what is shared from then on; not where they need the whole list.",
            "Un nouveau reçoit la suite seulement ; pas s'il lui faut toute la liste.",
        ),
    },
)
