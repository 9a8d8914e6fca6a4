"""What is said about reading the trail: filters, rows, exposure, days, what was taken away."""

from client.words.message import Message

SEARCH = Message(
    "Search the trail: your organisation's acts, and whoever touched its records; or all, as the federation's auditor.",
    "Chercher dans la trace : les actes de votre organisation et qui a touché ses fiches ; ou tout, en auditeur "
    "fédéral.",
)
SHOW = Message(
    "Show one entry by its request id or its receipt, and prove where it stands in the log.",
    "Montrer une entrée par son identifiant de demande ou son reçu, et prouver sa place dans le journal.",
)
EXPOSURE = Message(
    "Tell to whom a record (ORIGIN/ID) was released, or what an organisation received.",
    "Dire à qui une fiche (ORIGINE/ID) fut remise, ou ce qu'une organisation a reçu.",
)
DAYS = Message("Count entries by UTC day.", "Compter les entrées par jour UTC.")
EXPORT = Message(
    "Write all entries that a search finds to a new file.",
    "Écrire dans un nouveau fichier toutes les entrées qu'une recherche trouve.",
)
BUNDLE = Message(
    "Write a proof bundle of what a search finds; check it by: havre audit verify FILE",
    "Écrire un dossier de preuve de ce qu'une recherche trouve ; contrôle : havre audit verify FICHIER",
)

ORGANISATION = Message("Whose acts.", "Les actes de qui.")
KEYID = Message("By which key.", "Par quelle clé.")
HOLDER = Message("By whose keys: a holder's token.", "Par les clés de qui : le jeton d'un détenteur.")
ROLE = Message("In which role.", "Dans quel rôle.")
ACTION = Message("Which act, such as read_feed.", "Quel acte, comme read_feed.")
DECISION = Message("Allowed or refused.", "Admis ou refusé.")
REASON = Message("Why it was refused.", "Le motif du refus.")
PURPOSE = Message("For which declared purpose.", "Pour quelle finalité déclarée.")
ORIGIN = Message("Acts that stored or touched this origin's records.", "Actes sur les fiches de cette origine.")
RECORD = Message("With --origin: acts that name this record.", "Avec --origin : actes qui nomment cette fiche.")
ID = Message("The one act with this request id.", "Le seul acte à cet identifiant de demande.")
SINCE = Message("From this day or moment on (UTC).", "À partir de ce jour ou moment (UTC).")
UNTIL = Message("Before this day or moment (UTC).", "Avant ce jour ou moment (UTC).")
ORDER = Message("Which entries come first.", "Quelles entrées viennent d'abord.")
MOST = Message("How many entries at most.", "Combien d'entrées au plus.")
FEDERATION = Message("Ask as the federation's auditor.", "Demander en auditeur de la fédération.")
FORMAT = Message("How rows are written.", "Comment les lignes sont écrites.")
FILE_FORMAT = Message("Form of the file.", "Forme du fichier.")
WHAT = Message(
    "Give a request id (UUID) or a receipt (43 characters).",
    "Donnez un identifiant de demande (UUID) ou un reçu (43 caractères).",
)
KIND = Message("Records of which kind.", "Fiches de quelle sorte.")

FOUND = Message("{count} entries.", "{count} entrées.")
MORE = Message("There are more: --most, or narrow the search.", "Il y en a plus : --most, ou précisez la recherche.")
ALTERED = Message(
    "{count} of these entries do not make their leaves: somebody altered them. Take a bundle as evidence.",
    "{count} de ces entrées ne donnent pas leur feuille : quelqu'un les a modifiées. Prenez un dossier comme preuve.",
)
NOT_FOUND = Message("There is no such entry that you may see.", "Il n'y a pas de telle entrée que vous puissiez voir.")
IN_HEAD = Message(
    "It makes its leaf, and the log's signed head of {size} entries holds it at index {index}.",
    "Elle donne sa feuille, et la tête signée du journal ({size} entrées) la contient à l'indice {index}.",
)
NOT_YET = Message(
    "It makes its leaf; no signed head reaches index {index} yet.",
    "Elle donne sa feuille ; aucune tête signée n'atteint encore l'indice {index}.",
)
ERASED = Message(
    "Its text was erased after its retention; index {index} and its leaf remain.",
    "Son texte fut effacé après sa conservation ; l'indice {index} et sa feuille restent.",
)
IS_ALTERED = Message(
    "It does not make its leaf: somebody altered it.", "Elle ne donne pas sa feuille : quelqu'un l'a modifiée."
)
RELEASED = Message(
    "{releases} releases to {organisations} organisations, as of entry {until}.",
    "{releases} remises à {organisations} organisations, jusqu'à l'entrée {until}.",
)
RECEIVED = Message(
    "{releases} releases to {organisation}, as of entry {until}.",
    "{releases} remises à {organisation}, jusqu'à l'entrée {until}.",
)
INCOMPLETE = Message(
    "Texts of some entries since then were erased after their retention: what these released is not told.",
    "Les textes de certaines entrées furent effacés après leur conservation : ce qu'elles ont remis n'est pas dit.",
)
SAVED = Message("{file} was written.", "{file} est écrit.")
SAVED_BUNDLE = Message(
    "{file} was written. Check it, also without a network: havre audit verify {file}",
    "{file} est écrit. Contrôlez-le, aussi sans réseau : havre audit verify {file}",
)
