"""Words of sharing terms, purposes, the feed and the log."""

from schemas.vocabulary.word import enumeration

TLP = enumeration(
    "tlp",
    {
        "CLEAR": (
            "Every active member, and no limit on passing it on; not for anything that helps an offender.",
            "Tout membre actif, sans limite de diffusion ; pas pour ce qui aiderait un auteur.",
        ),
        "GREEN": (
            "Every active member, within the community; not where recipients must be named.",
            "Tout membre actif, au sein de la communauté ; pas s'il faut nommer les destinataires.",
        ),
        "AMBER": (
            "The named recipients and those they protect; not without names.",
            "Les destinataires nommés et ceux qu'ils protègent ; pas sans les nommer.",
        ),
        "AMBER+STRICT": (
            "The named recipients only; not when they must warn their own customers.",
            "Les seuls destinataires nommés ; pas s'ils doivent avertir leurs propres clients.",
        ),
    },
)

_SHARING_PURPOSES = {
    "detection": (
        "Find and block known content on one's own service; not for looking into people.",
        "Trouver et bloquer des contenus connus sur son service ; pas pour enquêter sur des personnes.",
    ),
    "investigation": (
        "Work on a case under one's own law; not for routine filtering.",
        "Traiter une affaire selon son droit ; pas pour le filtrage courant.",
    ),
    "victim_identification": (
        "Find and protect a child; not for the offender's case alone.",
        "Retrouver et protéger un enfant ; pas pour la seule affaire de l'auteur.",
    ),
    "statistics": (
        "Count and publish figures; not for acting on single records.",
        "Compter et publier des chiffres ; pas pour agir sur des fiches isolées.",
    ),
    "model_safety": (
        "Keep content out of training data and model output; not for training on it.",
        "Écarter ces contenus des données et sorties de modèles ; jamais pour entraîner dessus.",
    ),
}

SHARING_PURPOSE = enumeration("sharing_purpose", _SHARING_PURPOSES)

PURPOSE = enumeration(
    "purpose",
    {
        "contribution": (
            "Push records; not for reading.",
            "Déposer des fiches ; pas pour lire.",
        ),
        **_SHARING_PURPOSES,
        "relay": (
            "Fetch for another node's organisations; not for one's own use.",
            "Relever pour les organisations d'un autre nœud ; pas pour son propre usage.",
        ),
        "administration": (
            "Keys, statements, applications, approvals; not for records.",
            "Clés, déclarations, demandes, approbations ; pas pour les fiches.",
        ),
        "audit": (
            "Check the trail; not for reading records.",
            "Contrôler la trace ; pas pour lire des fiches.",
        ),
    },
)

DECISION = enumeration(
    "decision",
    {
        "allowed": (
            "The act was done; not for one that was only understood.",
            "L'acte a été fait ; pas s'il a seulement été compris.",
        ),
        "refused": (
            "The act was not done; nothing of it remains but the entry.",
            "L'acte n'a pas été fait ; il n'en reste que l'entrée.",
        ),
    },
)

ENDED_REASON = enumeration(
    "ended_reason",
    {
        "left_group": (
            "The reader is no longer named by the group; not when the group itself ended.",
            "Le lecteur n'est plus nommé par le groupe ; pas si le groupe même a pris fin.",
        ),
        "group_withdrawn": (
            "The owner withdrew the group; not when it ran out.",
            "Le propriétaire a retiré le groupe ; pas s'il a expiré.",
        ),
        "group_expired": (
            "The group's newest revision ran out; not when it was withdrawn.",
            "La dernière révision du groupe a expiré ; pas si elle fut retirée.",
        ),
        "sector_changed": (
            "The reader was moved to a sector that the terms leave out; not when a group let it go.",
            "Le lecteur est passé dans un secteur que les conditions excluent ; pas si un groupe l'a écarté.",
        ),
    },
)

PENDING = enumeration(
    "statement_status",
    {
        "current": (
            "The statement holds now; not when it waits for approvals.",
            "La déclaration est en vigueur ; pas si elle attend des approbations.",
        ),
        "pending": (
            "The statement waits for two approvals, the older one holds; not for an application.",
            "La déclaration attend deux approbations, l'ancienne vaut encore ; pas pour une demande.",
        ),
    },
)
