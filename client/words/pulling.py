"""What is said about pulling, following, and what is held."""

from client.words.message import Message

PULL = Message(
    'Pull what is new, verified; as NDJSON one line a record, {{"origin", "record", "terms"}}. With --json the '
    "records go to --output alone, and the result is one object of counts.",
    'Relever ce qui est nouveau, vérifié ; en NDJSON une ligne par fiche, {{"origin", "record", "terms"}}. Avec '
    "--json les fiches ne vont que dans --output, et le résultat est un objet de décomptes.",
)
FOLLOW = Message(
    "Pull what is new, and go on as new records come, until interrupted.",
    "Relever ce qui est nouveau, et continuer à mesure, jusqu'à interruption.",
)
RECORDS = Message(
    "Write the live records that are known here: newest revisions, not withdrawn, not expired.",
    "Écrire les fiches actives connues ici : dernières révisions, ni retirées, ni expirées.",
)
VERIFY = Message(
    "Verify a saved page or batch file offline, by the statements that are known here.",
    "Vérifier hors ligne une page ou un lot gardés, par les déclarations connues ici.",
)
STATUS = Message(
    "Say what is held here, and what is stale, withheld, ended or waiting; asks no network.",
    "Dire ce qui est détenu ici, et ce qui est périmé, retenu, terminé ou en attente ; sans réseau.",
)

PURPOSE = Message("What it is for.", "À quelle fin.")
LIMIT = Message("Records a page.", "Fiches par page.")
PAGES = Message("Keep each page in this folder.", "Garder chaque page dans ce dossier.")
OUTPUT = Message("Write here, not to standard output.", "Écrire ici, pas sur la sortie standard.")
FORMAT = Message("How records are written.", "Comment les fiches sont écrites.")
NOT_OWN = Message("Without one's own.", "Sans les siennes.")
SET_ASIDE = Message("Instead what was set aside with a revoked key.", "Plutôt ce qui fut écarté avec une clé révoquée.")
ON_CHANGE = Message(
    "Run this command with what changed on its standard input, one JSON object a line; again until it exits 0.",
    "Lancer cette commande avec les changements sur son entrée standard, un objet JSON par ligne ; jusqu'à ce qu'elle "
    "finisse par 0.",
)
KIND = Message("Of this kind only.", "De cette sorte seulement.")
ORIGIN = Message("Of this origin only.", "De cette origine seulement.")
SIGNAL_TYPE = Message("Hashes of this type only.", "Empreintes de ce type seulement.")
AI_STATUS = Message("What is said of AI.", "Ce qui est dit de l'IA.")
AI_KIND = Message("Which kind of AI content.", "Quelle sorte de contenu d'IA.")
SCHEME = Message("Classified by this scheme.", "Classées selon ce barème.")
CLASSIFICATION = Message("Of this class of its scheme.", "De cette classe de son barème.")
TLP = Message("Under this TLP.", "Sous ce TLP.")
GROUP = Message("Whose terms name this group, owner/id.", "Dont les conditions nomment ce groupe, owner/id.")
FOR = Message("Whose terms allow this purpose.", "Dont les conditions permettent cette finalité.")

PULLED = Message(
    "{records} records, {withdrawn} withdrawals in {batches} batches, verified.",
    "Fiches : {records}, retraits : {withdrawn}, lots : {batches} ; vérifiés.",
)
GENUINE = Message(
    "{batches} batches with {records} records of {origins} are genuine.",
    "{batches} lots avec {records} fiches de {origins} sont authentiques.",
)
GENUINE_ASIDE = Message(
    " {set_aside} batches are of keys revoked since: do not use them.",
    " {set_aside} lots sont de clés révoquées depuis : ne pas les utiliser.",
)
UNVERIFIED = Message(
    "{origin} cannot be verified ({reason}): its batches are held, everything else goes on.",
    "{origin} ne peut être vérifié ({reason}) : ses lots sont gardés en attente, tout le reste continue.",
)
HELD = Message(
    "{batches} batches are held until they can be judged.",
    "{batches} lots attendent de pouvoir être jugés.",
)
DIRECTORY_EXPIRED = Message(
    "The node's directory has expired: withdrawals and ends were applied, everything else is held.",
    "L'annuaire du nœud a expiré : retraits et fins ont été appliqués, tout le reste attend.",
)
ASIDE = Message(
    "{batches} batches are of keys that were revoked since: set aside.",
    "{batches} lots sont de clés révoquées depuis : écartés.",
)
ENDED = Message(
    "{streams} streams have ended: what came by them was deleted here.",
    "{streams} flux ont pris fin : ce qu'ils avaient apporté est effacé ici.",
)
WITHHELD = Message(
    "{lines} lines were withheld: their bytes never came, and nothing says why.",
    "{lines} lignes ont été retenues : leurs octets ne sont jamais venus, et rien ne dit pourquoi.",
)
HOOK_FAILED = Message(
    "The command for changes ended with {code}; it is told the same again.",
    "La commande des changements a fini par {code} ; la même chose lui sera redite.",
)

STATUS_HEAD = Message(
    "{organisation} holds {records} live records.", "{organisation} détient {records} fiches actives."
)
STATUS_HOLDING = Message("  {kind} of {origin}{ai}: {records}", "  {kind} de {origin}{ai} : {records}")
STATUS_AI = Message(", AI {status}", ", IA {status}")
STATUS_FEED = Message(
    "feed for {purpose}{filter}: last page {age} ago{stale}",
    "relève pour {purpose}{filter} : dernière page il y a {age}{stale}",
)
STATUS_NEVER = Message(
    "feed for {purpose}{filter}: no page yet{stale}", "relève pour {purpose}{filter} : aucune page encore{stale}"
)
STATUS_STALE = Message(" - STALE: pull", " - PÉRIMÉ : relever")
STATUS_NO_FEED = Message("Nothing was pulled yet.", "Rien n'a encore été relevé.")
STATUS_DIRECTORY = Message("directory: good until {until}", "annuaire : valable jusqu'à {until}")
STATUS_DIRECTORY_EXPIRED = Message(
    "directory: EXPIRED {until}; only withdrawals and ends are applied until the node gives a new one",
    "annuaire : EXPIRÉ le {until} ; seuls retraits et fins s'appliquent jusqu'au prochain",
)
STATUS_STATEMENT = Message(
    "statement of {organisation}: good until {until}", "déclaration de {organisation} : valable jusqu'à {until}"
)
STATUS_STATEMENT_EXPIRED = Message(
    "statement of {organisation}: EXPIRED {until}", "déclaration de {organisation} : EXPIRÉE le {until}"
)
STATUS_HELD = Message(
    "held: {batches} batches of {origin} ({reason})", "en attente : {batches} lots de {origin} ({reason})"
)
STATUS_WITHHELD = Message(
    "WITHHELD: {lines} lines of {origin}; ask them, and the node, why",
    "RETENU : {lines} lignes de {origin} ; demandez-leur pourquoi, et au nœud",
)
STATUS_ENDED = Message(
    "ended: {records} records of {origin} deleted {at} ({reason})",
    "terminé : {records} fiches de {origin} effacées le {at} ({reason})",
)
STATUS_ASIDE = Message(
    "set aside: {batches} batches of revoked keys; havre records --set-aside",
    "écarté : {batches} lots de clés révoquées ; havre records --set-aside",
)
STATUS_UNSENT = Message(
    "journal: {records} signed records wait for an answer; the next push sends them",
    "journal : {records} fiches signées attendent une réponse ; le prochain dépôt les enverra",
)
STATUS_CHANGES = Message(
    "hook: {changes} changes wait to be told; havre follow --on-change",
    "commande : {changes} changements attendent d'être dits ; havre follow --on-change",
)
STATUS_RECEIPTS = Message(
    "receipts: {kept}, of which {unopened} not yet compared with the log{wrong}; havre receipts check",
    "reçus : {kept}, dont {unopened} pas encore comparés au journal d'accès{wrong} ; havre receipts check",
)
STATUS_DISAGREEING = Message(", {disagreeing} DISAGREE", ", {disagreeing} EN DÉSACCORD")
