"""What is said about one's standing with the node, about trust, receipts and the doctor's findings."""

from client.words.message import Message

WHOAMI = Message(
    "{organisation} ({sector}, {status})\nkey {keyid}, until {until}\nroles: {roles}\n"
    "statement {seq}, good until {exp}\n"
    "the node's clock is {difference} s from this one; it asks to be polled every {poll_after} s",
    "{organisation} ({sector}, {status})\nclé {keyid}, jusqu'à {until}\nrôles : {roles}\n"
    "déclaration {seq}, valable jusqu'à {exp}\n"
    "l'horloge du nœud est à {difference} s de celle-ci ; il demande une relève toutes les {poll_after} s",
)
FURTHER_NOTICE = Message("further notice", "nouvel ordre")
NONE = Message("none", "aucun")
BELIEVED = Message(
    "{organisation} is believed under root {thumbprint}.", "{organisation} est cru sous la racine {thumbprint}."
)

WELL = Message("well", "bien")
ILL = Message("ILL ", "MAL ")
FILES = Message("files", "fichiers")
STATEMENT = Message("statement", "déclaration")
STATE = Message("state", "état")
NODE = Message("node", "nœud")
ROUND_TRIP = Message("round trip", "aller-retour")
DIRECTORY = Message("directory", "annuaire")
FILES_WELL = Message(
    "settings and keys are in {home}, closed to others.", "réglages et clés sont dans {home}, fermés à autrui."
)
ROOT_TOO = Message(
    " The root key is here too: better kept offline.", " La clé racine est ici aussi : mieux vaut la garder hors ligne."
)
NO_STATEMENT = Message(
    "none is kept here; the node's copy counts.", "aucune n'est gardée ici ; la copie du nœud fait foi."
)
STATEMENT_WELL = Message("number {seq}, good until {exp}.", "numéro {seq}, valable jusqu'au {exp}.")
RENEW_SOON = Message(" Renew it soon: havre statement renew.", " Renouvelez-la bientôt : havre statement renew.")
NOT_LISTED = Message(" Keys that it does not list yet: {uses}.", " Clés qu'elle ne liste pas encore : {uses}.")
OVER_TLS = Message(
    "{node} answers over TLS, and its statement is signed by the root that was pinned.",
    "{node} répond par TLS, et sa déclaration est signée par la racine épinglée.",
)
WITHOUT_TLS = Message(
    "{node} answers on this machine, without TLS, and its statement is signed by the root that was pinned.",
    "{node} répond sur cette machine, sans TLS, et sa déclaration est signée par la racine épinglée.",
)
NO_ROLE = Message("no role", "aucun rôle")
ROUND_TRIP_WELL = Message(
    "signed both ways, as {organisation} ({status}; {roles}); clocks differ by {difference} s.",
    "signé dans les deux sens, comme {organisation} ({status} ; {roles}) ; les horloges diffèrent de {difference} s.",
)
DIRECTORY_WELL = Message("{members} members, good until {exp} UTC.", "{members} membres, valable jusqu'au {exp} UTC.")
