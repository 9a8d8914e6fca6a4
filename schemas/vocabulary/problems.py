"""The codes of problems; what each means at length is on its page in `docs/problems/`."""

from schemas.vocabulary.word import enumeration

PROBLEM_CODE = enumeration(
    "problem_code",
    {
        "malformed_request": (
            "The request itself can be read in two ways; not for its body's content.",
            "La requête même se lit de deux façons ; pas pour le contenu du corps.",
        ),
        "malformed_body": (
            "The body is not of its form; not for a well-formed document that a rule refuses.",
            "Le corps n'a pas sa forme ; pas pour un document bien formé qu'une règle refuse.",
        ),
        "bad_query": (
            "A query parameter is unknown, repeated or malformed; not for a cursor.",
            "Un paramètre est inconnu, répété ou mal formé ; pas pour un curseur.",
        ),
        "bad_cursor": (
            "The cursor is damaged or another's; not one of an older epoch.",
            "Le curseur est abîmé ou d'autrui ; pas s'il est d'une époque passée.",
        ),
        "restart_feed": (
            "The cursor is of an older epoch; not for a damaged one.",
            "Le curseur est d'une époque passée ; pas s'il est abîmé.",
        ),
        "not_authenticated": (
            "Nothing proves who sent it; never saying which check failed.",
            "Rien ne prouve l'expéditeur ; sans jamais dire quel contrôle a échoué.",
        ),
        "role_not_allowed": (
            "The key has no role for this; not for a wrong purpose.",
            "La clé n'a pas le rôle voulu ; pas pour une mauvaise finalité.",
        ),
        "purpose_not_allowed": (
            "The declared purpose does not go with this; not for a missing role.",
            "La finalité déclarée ne convient pas ; pas pour un rôle manquant.",
        ),
        "suspended": (
            "The organisation is suspended; not for a revoked key.",
            "L'organisation est suspendue ; pas pour une clé révoquée.",
        ),
        "not_origin": (
            "Somebody else's batch, or not its home node; not for a missing role.",
            "Le lot d'un autre, ou pas son nœud ; pas pour un rôle manquant.",
        ),
        "not_found": (
            "No such thing, or hidden; never telling which.",
            "Rien de tel, ou caché ; sans jamais dire lequel.",
        ),
        "method_not_allowed": (
            "The path has no such method; not for an unknown path.",
            "Le chemin n'a pas cette méthode ; pas pour un chemin inconnu.",
        ),
        "body_too_slow": (
            "The body took too long; not for a slow answer.",
            "Le corps a mis trop de temps ; pas pour une réponse lente.",
        ),
        "batch_id_taken": (
            "Another batch has this id; not for the same batch again, which is a success.",
            "Un autre lot a cet id ; pas pour le même lot renvoyé, qui réussit.",
        ),
        "document_stale": (
            "A newer document stands; not for one that ran out.",
            "Un document plus récent vaut ; pas pour un document expiré.",
        ),
        "approval_used": (
            "This approval was handed in before; not for a second operator's.",
            "Cette approbation fut déjà remise ; pas celle d'un second opérateur.",
        ),
        "too_many_pending": (
            "Too many statements wait; not for too many requests.",
            "Trop de déclarations attendent ; pas pour trop de requêtes.",
        ),
        "checkpoint_not_signed": (
            "No known key of the log signed the checkpoint; not for an unknown log.",
            "Aucune clé connue du journal n'a signé le point ; pas pour un journal inconnu.",
        ),
        "checkpoint_conflicts": (
            "The log signed another checkpoint of this size; not for a missing proof.",
            "Le journal a signé un autre point de cette taille ; pas pour une preuve absente.",
        ),
        "consistency_not_proven": (
            "The proof leads not to the new checkpoint; not for a wrong old size.",
            "La preuve ne mène pas au nouveau point ; pas pour une ancienne taille fausse.",
        ),
        "export_too_large": (
            "An export holds fewer entries than were found; not for a page of a search.",
            "Un export contient moins d'entrées que trouvées ; pas pour une page de recherche.",
        ),
        "too_many_requests": (
            "A key or its organisation asks too often; not for a node that is busy.",
            "Une clé ou son organisation demande trop souvent ; pas pour un nœud occupé.",
        ),
        "too_large": (
            "Larger than a limit; not for too many headers.",
            "Au-delà d'une limite ; pas pour trop d'en-têtes.",
        ),
        "unsupported_media_type": (
            "Another media type, or compressed; not for a malformed body.",
            "Un autre type de média, ou compressé ; pas pour un corps mal formé.",
        ),
        "wrong_host": (
            "Sent to another host; not for an unknown path.",
            "Adressé à un autre hôte ; pas pour un chemin inconnu.",
        ),
        "records_refused": (
            "A rule refuses records or their manifest; not for other documents.",
            "Une règle refuse des fiches ou leur manifeste ; pas d'autres documents.",
        ),
        "document_refused": (
            "A rule refuses a statement or approval; not for records.",
            "Une règle refuse une déclaration ou approbation ; pas des fiches.",
        ),
        "headers_too_large": (
            "The headers exceed 8 KiB; not for the body.",
            "Les en-têtes dépassent 8 Kio ; pas pour le corps.",
        ),
        "internal_error": (
            "A fault of the node's own; never for what a client sent.",
            "Une faute du nœud ; jamais pour ce qu'envoie un client.",
        ),
        "busy": (
            "Try again later; not for a fault.",
            "Réessayer plus tard ; pas pour une faute.",
        ),
        "not_ready": (
            "The node does not serve now; not for a busy one.",
            "Le nœud ne sert pas pour l'instant ; pas s'il est occupé.",
        ),
        "trail_unavailable": (
            "No entry can be written, so nothing is served; not for a busy node.",
            "Aucune entrée ne peut s'écrire, rien n'est servi ; pas pour un nœud occupé.",
        ),
    },
)
