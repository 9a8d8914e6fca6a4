"""Words of statements, approvals and the directory."""

from schemas.vocabulary.word import enumeration

SECTOR = enumeration(
    "sector",
    {
        "platform": (
            "Runs a service that people use; not a vendor that only sells tools to such services.",
            "Exploite un service utilisé par le public ; pas un éditeur qui ne vend que des outils.",
        ),
        "ngo": (
            "A non-profit that protects children; not one that takes public reports, which is a hotline.",
            "Une association de protection ; pas celle qui reçoit les signalements du public.",
        ),
        "hotline": (
            "Takes reports from the public and assesses them; not a company's own abuse desk.",
            "Reçoit et évalue les signalements du public ; pas le service d'abus d'une entreprise.",
        ),
        "government": (
            "A public authority without police powers; not a police force or prosecutor.",
            "Une autorité publique sans pouvoir de police ; pas une police ni un parquet.",
        ),
        "law_enforcement": (
            "A police force, a prosecutor or their agency; not a regulator.",
            "Une police, un parquet ou leur agence ; pas un régulateur.",
        ),
        "research": (
            "A university or institute that studies the field; not a company's product research.",
            "Une université ou un institut du domaine ; pas la recherche produit d'une entreprise.",
        ),
    },
)

USE = enumeration(
    "use",
    {
        "record": (
            "Signs batch manifests; not requests.",
            "Signe les manifestes des lots ; pas les requêtes.",
        ),
        "exchange": (
            "Signs HTTP requests and approvals; not records.",
            "Signe les requêtes HTTP et les approbations ; pas les fiches.",
        ),
        "node": (
            "Signs a node's answers, acceptances and directory; not its log.",
            "Signe les réponses, acceptations et annuaire d'un nœud ; pas son journal.",
        ),
        "log": (
            "Signs a node's checkpoints; nothing else.",
            "Signe les points de contrôle du journal ; rien d'autre.",
        ),
    },
)

ROLE = enumeration(
    "role",
    {
        "contributor": (
            "Pushes records and reads what became of them; not for reading those of others.",
            "Dépose des fiches et suit les siennes ; pas pour lire celles des autres.",
        ),
        "consumer": (
            "Pulls what others share and gives opinions; not for pushing signals.",
            "Relève ce que d'autres partagent et donne un avis ; pas pour déposer des signaux.",
        ),
        "auditor": (
            "Reads the trail of its own organisation; not together with administrator or contributor.",
            "Lit la trace de sa propre organisation ; pas avec administrator ni contributor.",
        ),
        "administrator": (
            "Maintains the organisation's statement; not for exchanging records.",
            "Tient à jour la déclaration de l'organisation ; pas pour échanger des fiches.",
        ),
        "operator": (
            "Approves admissions on a node; not together with contributor or consumer.",
            "Approuve les admissions d'un nœud ; pas avec contributor ni consumer.",
        ),
        "relay": (
            "Pulls for another node's organisations; not for one's own detection.",
            "Relève pour les organisations d'un autre nœud ; pas pour sa propre détection.",
        ),
        "federation_auditor": (
            "Reads the trail's metadata of all organisations; not for their records.",
            "Lit les métadonnées de trace de toutes les organisations ; pas leurs fiches.",
        ),
    },
)

REVOCATION_REASON = enumeration(
    "revocation_reason",
    {
        "compromised": (
            "Somebody else may hold the key, counted from `at` backwards in time too; not for rotation.",
            "La clé peut être en d'autres mains, avec effet depuis `at` ; pas pour une rotation.",
        ),
        "superseded": (
            "Another key took its place; not when it may be in other hands.",
            "Une autre clé l'a remplacée ; pas si elle peut être en d'autres mains.",
        ),
        "retired": (
            "No longer needed; not when it may be in other hands.",
            "N'est plus utile ; pas si elle peut être en d'autres mains.",
        ),
    },
)

ACT = enumeration(
    "act",
    {
        "admit": (
            "Let an organisation in, or let a pending statement take effect; not after a suspension.",
            "Admettre une organisation ou une déclaration en attente ; pas après une suspension.",
        ),
        "suspend": (
            "Stop an organisation at once; not for a single key, which its owner revokes.",
            "Arrêter aussitôt une organisation ; pas pour une seule clé, que son titulaire révoque.",
        ),
        "lift": (
            "End a suspension; not to change what was admitted.",
            "Lever une suspension ; pas pour changer ce qui fut admis.",
        ),
        "replace_root": (
            "Accept a new root without the old one's consent; not when that consent exists.",
            "Accepter une nouvelle racine sans l'accord de l'ancienne ; pas si cet accord existe.",
        ),
    },
)

ORGANISATION_STATUS = enumeration(
    "organisation_status",
    {
        "pending": (
            "Has applied and waits for two approvals; not for a pending statement of a member.",
            "A demandé et attend deux approbations ; pas pour la déclaration en attente d'un membre.",
        ),
        "active": (
            "Admitted, may exchange; not a word on any one key.",
            "Admise, peut échanger ; ne dit rien d'une clé particulière.",
        ),
        "suspended": (
            "Admitted but stopped; not for an organisation whose keys have merely run out.",
            "Admise mais arrêtée ; pas pour une organisation dont les clés ont seulement expiré.",
        ),
    },
)

MEMBER_STATUS = enumeration(
    "member_status",
    {word.value: (word.en, word.fr) for word in ORGANISATION_STATUS.words if word.value != "pending"},
)

PERSON_ROLE = enumeration(
    "person_role",
    {
        word.value: (word.en, word.fr)
        for word in ROLE.words
        if word.value in {"auditor", "administrator", "federation_auditor"}
    },
)

PERSON_STATUS = enumeration(
    "person_status",
    {
        "invited": (
            "Has a link and has not used it; not once the link ran out.",
            "A reçu un lien sans s'en servir ; pas une fois le lien expiré.",
        ),
        "active": (
            "Has joined and may sign in; not a word on the roles in force.",
            "A rejoint et peut se connecter ; ne dit rien des rôles en vigueur.",
        ),
        "ended": (
            "Ended by an administrator, or never joined in time; not for a role that was lost.",
            "Mis fin par un administrateur, ou jamais venu à temps ; pas pour un rôle perdu.",
        ),
    },
)
