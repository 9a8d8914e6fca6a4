"""What is said about reading the trail: filters, rows, exposure, days, what was taken away."""

from client.words.message import Message

SEARCH = Message(
    "Search the trail: your organisation's acts, and whoever touched its records; or all, as the federation's auditor.",
    "Chercher dans la trace : les actes de votre organisation et qui a touché ses fiches ; ou tout, en auditeur "
    "de la fédération.",
)
PROOF = Message(
    "The column proof: leaf, the entry makes its leaf (that the leaf is in the log, show and verify prove); erased, "
    "its text is gone after its retention; ALTERED, it does not make its leaf.",
    "La colonne proof : leaf, l'entrée donne sa feuille (que la feuille est dans le journal, show et verify le "
    "prouvent) ; erased, son texte fut effacé après sa conservation ; ALTERED, elle ne donne pas sa feuille.",
)
SHOW = Message(
    "Show one entry by its request id (the column id of a search) or its receipt, and prove its place in the log.",
    "Montrer une entrée par son identifiant de requête (la colonne id d'une recherche) ou son reçu, et prouver sa "
    "place dans le journal.",
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
HOLDER = Message("By whose keys: a holder's token.", "Par les clés de qui : le jeton d'un titulaire.")
ROLE = Message("In which role.", "Dans quel rôle.")
ACTION = Message("Which act, such as read_feed.", "Quel acte, comme read_feed.")
DECISION = Message("Allowed or refused.", "Admis ou refusé.")
REASON = Message("Why it was refused.", "Le motif du refus.")
PURPOSE = Message("For which declared purpose.", "Pour quelle finalité déclarée.")
ORIGIN = Message("Acts that stored or touched this origin's records.", "Actes sur les fiches de cette origine.")
RECORD = Message("With --origin: acts that name this record.", "Avec --origin : actes qui nomment cette fiche.")
ID = Message("The one act with this request id.", "Le seul acte à cet identifiant de requête.")
SINCE = Message("From this day or moment on (UTC).", "À partir de ce jour ou moment (UTC).")
UNTIL = Message("Before this day or moment (UTC).", "Avant ce jour ou moment (UTC).")
ORDER = Message("Which entries come first.", "Quelles entrées viennent d'abord.")
MOST_RELEASES = Message(
    "How many releases at most; without it {count} as a table, and all in the other forms.",
    "Combien de remises au plus ; sans cela {count} en table, et toutes dans les autres formes.",
)
MOST = Message("How many entries at most.", "Combien d'entrées au plus.")
FEDERATION = Message(
    "Sign with the key that has the role federation_auditor, and see all; else with the auditor's. A key that has both "
    "roles sees all either way.",
    "Signer par la clé qui a le rôle federation_auditor, et tout voir ; sinon par celle d'auditor. Une clé qui a les "
    "deux rôles voit tout dans les deux cas.",
)
FORMAT = Message("How rows are written.", "Comment les lignes sont écrites.")
FILE_FORMAT = Message("Form of the file.", "Forme du fichier.")
WHAT = Message(
    "Give a request id (UUID) or a receipt (43 characters).",
    "Donnez un identifiant de requête (UUID) ou un reçu (43 caractères).",
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
    "Elle donne sa feuille, et le point de contrôle du journal ({size} entrées) la contient à l'indice {index}.",
)
NOT_YET = Message(
    "It makes its leaf; no signed head reaches index {index} yet.",
    "Elle donne sa feuille ; aucun point de contrôle n'atteint encore l'indice {index}.",
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
MORE_RELEASES = Message(
    "{count} more releases were not told: --most.", "{count} autres remises ne sont pas dites : --most."
)

NOT_A_NAME = Message(
    "not a name such as hotline.example, in lower case", "pas un nom comme hotline.example, en minuscules"
)
NOT_A_KEYID = Message(
    "not a key's name, ORGANISATION/THUMBPRINT with 43 characters after the stroke",
    "pas le nom d'une clé, ORGANISATION/EMPREINTE avec 43 caractères après la barre",
)
NOT_A_HOLDER = Message(
    "not a holder's token: 1 to 64 letters, digits and . _ + -",
    "pas le jeton d'un titulaire : 1 à 64 lettres, chiffres et . _ + -",
)
NOT_AN_ACTION = Message("not an act of the log; perhaps: {near}", "pas un acte du journal ; peut-être : {near}")
NOT_A_REASON = Message("not a reason's word, such as role_not_allowed", "pas le mot d'un motif, comme role_not_allowed")
NOT_AN_ID = Message(
    "not an id (UUID of version 7) such as 0193a5c0-0000-7000-8000-000000000001",
    "pas un identifiant (UUID de version 7) comme 0193a5c0-0000-7000-8000-000000000001",
)
NOT_A_MOMENT = Message(
    "neither a day such as 2026-11-01 nor a moment in UTC such as 2026-11-01T08:00:00Z",
    "ni un jour comme 2026-11-01 ni un moment UTC comme 2026-11-01T08:00:00Z",
)
RECORD_NEEDS_ORIGIN = Message(
    "--record needs --origin: whose record it is.", "--record veut --origin : de qui est la fiche."
)
NOT_OF_A_RECORD = Message(
    "{options}: only for what an organisation received; a record's exposure is told whole.",
    "{options} : seulement pour ce qu'une organisation a reçu ; l'exposition d'une fiche est dite en entier.",
)
NO_TIME_BETWEEN = Message(
    "--until must be after --since: nothing can be between.", "--until doit venir après --since : rien n'est entre eux."
)
NOBODY_KNOWN = Message(
    "The node refuses names that no member or holder has. Look at: {options}",
    "Le nœud refuse un nom que nul membre ni titulaire ne porte. Voyez : {options}",
)
SAVED = Message("{file} was written.", "{file} est écrit.")
SAVED_BUNDLE = Message(
    "{file} was written. Check it, also without a network: havre audit verify {file}",
    "{file} est écrit. Contrôlez-le, aussi sans réseau : havre audit verify {file}",
)
