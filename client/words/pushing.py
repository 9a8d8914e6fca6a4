"""What is said about pushing and withdrawing, and help for the terms of sharing."""

from client.words.message import Message

PUSH = Message(
    "Push the records of FILE, NDJSON or CSV. The same file again pushes nothing twice.\n\nThere is no default for "
    "--tlp and --expires: a row that gets them neither by its own members nor by options is refused.",
    "Déposer les fiches de FILE, NDJSON ou CSV. Le même fichier ne dépose rien deux fois.\n\nIl n'y a pas de valeur "
    "par défaut pour --tlp et --expires : une ligne qui ne les tient ni d'elle-même ni des options est refusée.",
)
TLP = Message("Sharing limit of rows that do not say it.", "Limite de diffusion des lignes qui ne la disent pas.")
EXPIRES = Message(
    "Until when rows that do not say it are shared: RFC 3339, or a date.",
    "Jusqu'à quand partager les lignes qui ne le disent pas : RFC 3339, ou une date.",
)
PURPOSE = Message("Only for this purpose; again for more.", "Seulement pour cette finalité ; répéter pour plusieurs.")
SECTOR = Message("Only for this sector; again for more.", "Seulement pour ce secteur ; répéter pour plusieurs.")
ORGANISATION = Message(
    "Name a recipient (AMBER, AMBER+STRICT); again for more.",
    "Nommer un destinataire (AMBER, AMBER+STRICT) ; répéter pour plusieurs.",
)
GROUP = Message(
    "Name a group, OWNER/ID (AMBER, AMBER+STRICT); again for more.",
    "Nommer un groupe, OWNER/ID (AMBER, AMBER+STRICT) ; répéter pour plusieurs.",
)
REFUSED = Message(
    "Where refusals go; FILE.refused.ndjson if left out.", "Où vont les refus ; FILE.refused.ndjson par défaut."
)
WITHDRAW = Message(
    "Withdraw one's own records of any kind by their ids; `-` reads ids from standard input. It is final.",
    "Retirer ses propres fiches, de toute sorte, par leurs id ; `-` lit les id sur l'entrée standard. C'est définitif.",
)
WITHDRAW_REASON = Message(
    "Why; `legal` lets the bytes go at once.", "Pourquoi ; `legal` fait partir les octets aussitôt."
)
NOT_A_MOMENT = Message(
    "neither a date nor RFC 3339 with Z, such as 2028-01-01T00:00:00Z",
    "ni une date ni RFC 3339 avec Z, comme 2028-01-01T00:00:00Z",
)

PROGRESS = Message("push", "dépôt")
PUSHED = Message(
    "{pushed} pushed, {already} there already, {refused} refused.",
    "Déposées : {pushed} ; déjà là : {already} ; refusées : {refused}.",
)
RESENT = Message(" {resent} signed earlier were sent now.", " Signées plus tôt et envoyées maintenant : {resent}.")
UNSENT = Message(
    " {unsent} signed earlier are still to be sent: the next push sends them.",
    " Signées plus tôt et encore à envoyer : {unsent} ; le prochain dépôt les envoie.",
)
STILL_UNSENT = Message(
    "{unsent} signed earlier are still to be sent: the next push sends them.",
    "Signées plus tôt et encore à envoyer : {unsent} ; le prochain dépôt les envoie.",
)
WHY = Message(" Why: {path}", " Pourquoi : {path}")
MORE_REFUSED = Message("  … and {more} more.", "  … et {more} de plus.")
NOT_AN_ORGANISATION = Message(
    "not an organisation's name such as hotline.example", "pas le nom d'une organisation, comme hotline.example"
)
NOT_A_GROUP = Message(
    "not a group's name, OWNER/ID, such as hotline.example/0193a5c0-0000-7000-8000-000000000001",
    "pas le nom d'un groupe, OWNER/ID, comme hotline.example/0193a5c0-0000-7000-8000-000000000001",
)
NOT_A_RECORD = Message(
    "not a record's name, ORIGIN/ID, such as hotline.example/0193a5c0-0000-7000-8000-000000000001",
    "pas le nom d'une fiche, ORIGIN/ID, comme hotline.example/0193a5c0-0000-7000-8000-000000000001",
)
