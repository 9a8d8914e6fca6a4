"""What is said about settings, keys, statement and application."""

from client.words.message import Message

SETTINGS_WRITTEN = Message(
    "Settings are in {home}. Next: havre keys new root, record, exchange.",
    "Les réglages sont dans {home}. Ensuite : havre keys new root, record, exchange.",
)
ONLY_ROOT_PASSPHRASE = Message(
    "only a root key may have a passphrase", "seule une clé racine peut avoir un mot de passe"
)
ROOT_IS_HERE = Message(
    "A root is here already: {others}. The new one counts only after: havre statement renew --new-root {begins}",
    "Une racine est déjà ici : {others}. La nouvelle ne vaut qu'après : havre statement renew --new-root {begins}",
)
KEY_MADE = Message(
    "{use} {thumbprint}\nin {path}, for your eyes only.", "{use} {thumbprint}\ndans {path}, pour vos seuls yeux."
)
UNDER_PASSPHRASE = Message("(under a passphrase)", "(sous mot de passe)")
NO_KEYS = Message("No keys yet.", "Pas encore de clés.")

NAME_FORM = Message(
    "not a name such as hotline.example, in lower case", "pas un nom comme hotline.example, en minuscules"
)
FEDERATION_FORM = Message(
    "not a name of one to five lower-case labels", "pas un nom d'une à cinq parties en minuscules"
)
ADDRESS_FORM = Message(
    "not an address such as https://node.example: no path, no slash at its end",
    "pas une adresse comme https://node.example : sans chemin, sans barre finale",
)
THUMBPRINT_FORM = Message(
    "not a thumbprint: 43 letters, digits, '-' and '_', exactly as it was told to you",
    "pas une empreinte : 43 lettres, chiffres, '-' et '_', exactement comme on vous l'a dite",
)

ROLE_NEEDED = Message(
    "say --role at least once: an exchange key without a role can do nothing",
    "donnez --role au moins une fois : une clé d'échange sans rôle ne peut rien",
)
PASSPHRASE_OF_NEW_ROOT = Message(
    "--new-root-passphrase-file goes with --new-root", "--new-root-passphrase-file va avec --new-root"
)
NOT_A_MOMENT = Message("not a moment", "pas un instant")
STATEMENT_HEAD = Message(
    "{name} · {display_name} · {sector} · statement {seq}", "{name} · {display_name} · {sector} · déclaration {seq}"
)
STATEMENT_GOOD_UNTIL = Message(
    "good until {exp} · home {node} · root {root}", "valable jusqu'au {exp} · attache {node} · racine {root}"
)
STATEMENT_DIGEST = Message("digest, for the operators: {digest}", "condensé, pour les opérateurs : {digest}")
STATEMENT_STATUS = Message("Statement {seq} is {status}.", "La déclaration {seq} est : {status}.")
WAITS_FOR_OPERATORS = Message(" It waits for two operators.", " Elle attend deux opérateurs.")
APPLICATION = Message(
    "Application {id}: {status}. Tell the operators this digest: {digest}",
    "Demande {id} : {status}. Dites ce condensé aux opérateurs : {digest}",
)
ROLE_FOR_NEW_KEY = Message(
    "no exchange key in force has a role: say --role for the new one",
    "aucune clé d'échange en vigueur n'a de rôle : donnez --role pour la nouvelle",
)
KEY_GETS_ROLES = Message(
    "exchange key {thumbprint} gets the roles: {roles}", "la clé d'échange {thumbprint} reçoit les rôles : {roles}"
)
ROOT_FROM_TO = Message("root: from {old} to {new}", "racine : de {old} à {new}")
STATEMENT_KEPT = Message(
    "Statement {seq} is in {path}. It is not sent yet.", "La déclaration {seq} est dans {path}. Elle n'est pas envoyée."
)
NO_OTHER_ROOT = Message("no other root is here", "aucune autre racine n'est ici")
