"""What is said about people: inviting, listing, ending them."""

from client.words.message import Message

PEOPLE = Message(
    "Say who of this organisation may use the node's console; needs an administrator's key.",
    "Dire qui, dans cette organisation, peut utiliser la console du nœud ; il faut une clé d'administrateur.",
)
INVITE = Message(
    "Invite HOLDER to the console: signs an invitation and prints a link that works once.",
    "Inviter HOLDER à la console : signe une invitation et imprime un lien qui sert une fois.",
)
ROLE = Message(
    "What the person may do: auditor, federation_auditor or administrator; again for more.",
    "Ce que la personne peut faire : auditor, federation_auditor ou administrator ; répéter au besoin.",
)
DAYS = Message("How many days the link works.", "Combien de jours le lien sert.")
LIST = Message(
    "List whom this organisation invited, and what became of each.",
    "Lister qui cette organisation a invité, et ce qu'il en est advenu.",
)
END = Message(
    "End HOLDER's access at once, with every session and invitation.",
    "Mettre fin aussitôt à l'accès de HOLDER, avec toute session et invitation.",
)
HOLDER_FORM = Message(
    "A holder is a token of letters, digits and ._+- that names nobody: auditor-7, never a name or an address.",
    "Un titulaire est un jeton de lettres, chiffres et ._+- qui ne nomme personne : auditor-7, jamais un nom.",
)

INVITED = Message(
    "{link}\nThis link works once, until {expires}. Whoever opens it first becomes {holder}: hand it over by a way "
    "that only this person reads.",
    "{link}\nCe lien sert une fois, jusqu'à {expires}. Qui l'ouvre d'abord devient {holder} : remettez-le par une voie "
    "que seule cette personne lit.",
)
NOBODY = Message("Nobody is invited.", "Personne n'est invité.")
LINE = Message(
    "{holder}  {status}  {roles}  passkeys: {passkeys}",
    "{holder}  {status}  {roles}  clés d'accès : {passkeys}",
)
NO_ROLE = Message("no role in force", "aucun rôle en vigueur")
ENDED = Message("{holder} has no access since {ended_at}.", "{holder} n'a plus d'accès depuis {ended_at}.")
