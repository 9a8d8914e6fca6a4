"""Words of the record envelope and of withdrawals."""

from schemas.vocabulary.word import enumeration

KIND = enumeration(
    "kind",
    {
        "signal": (
            "One contributor's statement about one hash value; not for an event, which is an incident.",
            "Ce qu'un contributeur dit d'une seule empreinte ; pas pour un événement, qui est un incident.",
        ),
        "incident": (
            "Coded metadata about something that happened; not for a hash alone, which is a signal.",
            "Métadonnées codées sur un fait survenu ; pas pour une empreinte seule, qui est un signal.",
        ),
        "opinion": (
            "Feedback on another organisation's record; not for correcting one's own, which is a revision.",
            "Avis sur la fiche d'une autre organisation ; pas pour corriger la sienne, ce qui est une révision.",
        ),
        "group": (
            "Who shares with whom, signed by the owner; not for naming recipients once, which the audience does.",
            "Qui partage avec qui, signé par le propriétaire ; pas pour nommer des destinataires une seule fois.",
        ),
    },
)

RECORD_STATUS = enumeration(
    "status",
    {
        "active": (
            "The record stands; not for one that should no longer be acted on.",
            "La fiche est en vigueur ; pas pour celle à laquelle il ne faut plus donner suite.",
        ),
        "withdrawn": (
            "The record is taken back for good; not for a correction, which is a revision.",
            "La fiche est retirée définitivement ; pas pour une correction, qui est une révision.",
        ),
    },
)

WITHDRAWAL_REASON = enumeration(
    "withdrawal_reason",
    {
        "error": (
            "Shared by mistake or technically wrong; not when a more precise reason below fits.",
            "Partagé par erreur ou techniquement faux ; pas si une raison plus précise convient.",
        ),
        "wrong_classification": (
            "The class was wrong beyond repair; not when a revision with the right class would do.",
            "La classe était fausse sans remède ; pas si une révision avec la bonne classe suffit.",
        ),
        "adult": (
            "The person shown is an adult; not for doubts about age.",
            "La personne montrée est adulte ; pas pour un simple doute sur l'âge.",
        ),
        "benign_collision": (
            "The value also matches harmless content; not for content that is itself harmless.",
            "L'empreinte correspond aussi à un contenu anodin ; pas si le contenu même est anodin.",
        ),
        "duplicate": (
            "The same record is shared under another id; not because somebody else shared the value too.",
            "La même fiche existe sous un autre id ; pas parce qu'un autre a partagé la même empreinte.",
        ),
        "legal": (
            "A law or an order demands it, and the bytes go at once; not for policy or preference.",
            "Une loi ou une décision l'impose, les octets partent aussitôt ; pas pour une politique interne.",
        ),
        "audience_changed": (
            "It will be shared anew under other terms; not when nothing follows.",
            "Elle sera repartagée sous d'autres conditions ; pas si rien ne doit suivre.",
        ),
        "other": (
            "None of the other reasons; not to avoid saying which of them it is.",
            "Aucune des autres raisons ; pas pour éviter de dire laquelle s'applique.",
        ),
    },
)
