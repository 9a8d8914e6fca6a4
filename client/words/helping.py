"""Help of the commands and options about oneself: settings, keys, statement, node."""

from client.words.message import Message

HAVRE = Message(
    "Exchange hash signals and incident metadata with partners, signed, verified, on record.",
    "Échanger signaux d'empreintes et métadonnées d'incidents avec des partenaires : signé, vérifié, consigné.",
)
HOME = Message(
    "Folder of this organisation's keys, settings and state; HAVRE_HOME, else ~/.havre.",
    "Dossier des clés, réglages et état de cette organisation ; HAVRE_HOME, sinon ~/.havre.",
)
JSON = Message(
    "One JSON object as the result, in English.",
    "Un objet JSON comme résultat, en anglais.",
)

INIT = Message(
    "Make the folder of this organisation and write its settings.",
    "Créer le dossier de cette organisation et écrire ses réglages.",
)
INIT_ORGANISATION = Message(
    "This organisation's name, such as hotline.example.",
    "Le nom de cette organisation, comme hotline.example.",
)
INIT_FEDERATION = Message("The federation's name.", "Le nom de la fédération.")
INIT_NODE = Message("The home node's name.", "Le nom du nœud d'attache.")
INIT_URL = Message(
    "The home node's public origin, such as https://node.example.",
    "L'origine publique du nœud d'attache, comme https://node.example.",
)
INIT_NODE_ROOT = Message(
    "Thumbprint of the node's root, given to you by telephone or on paper.",
    "Empreinte de la racine du nœud, reçue par téléphone ou sur papier.",
)
INIT_PROXY = Message(
    "URL of a proxy to ask the node through; the environment's proxies never count.",
    "URL d'un mandataire pour joindre le nœud ; ceux de l'environnement ne comptent jamais.",
)

KEYS = Message("Make and list keys.", "Créer et lister des clés.")
KEYS_NEW = Message("Make a key; the next statement lists it.", "Créer une clé ; la prochaine déclaration la liste.")
KEYS_NEW_PASSPHRASE = Message(
    "For a root key: a file that holds its passphrase.",
    "Pour une clé racine : un fichier qui contient son mot de passe.",
)
KEYS_LIST = Message(
    "List the keys of this organisation that are here; of a root under a passphrase only how its name begins.",
    "Lister les clés de cette organisation présentes ici ; d'une racine sous mot de passe, le début du nom seulement.",
)

STATEMENT = Message(
    "Sign and send the statement of this organisation's keys and roles.",
    "Signer et envoyer la déclaration des clés et rôles de cette organisation.",
)
STATEMENT_NEW = Message(
    "Sign the first statement, over the keys that are here.",
    "Signer la première déclaration, sur les clés présentes ici.",
)
STATEMENT_DISPLAY_NAME = Message(
    "The organisation's name for people.",
    "Le nom de l'organisation pour les gens.",
)
STATEMENT_SECTOR = Message("What the organisation is.", "Ce qu'est l'organisation.")
STATEMENT_RENEW = Message(
    "Sign the next statement: longer valid, with the keys that are new.",
    "Signer la déclaration suivante : plus longtemps valable, avec les nouvelles clés.",
)
STATEMENT_NEW_ROOT = Message(
    "Hand over to the root that begins so; the old one consents.",
    "Passer à la racine qui commence ainsi ; l'ancienne y consent.",
)
STATEMENT_NEW_ROOT_PASSPHRASE = Message(
    "Passphrase of the new root key, if it has one.",
    "Mot de passe de la nouvelle racine, si elle en a un.",
)
STATEMENT_REVOKE = Message(
    "Sign the next statement, which revokes the key whose thumbprint begins with THUMBPRINT.",
    "Signer la déclaration suivante, qui révoque la clé dont l'empreinte commence par THUMBPRINT.",
)
STATEMENT_REVOKE_REASON = Message("Why it is revoked.", "Pourquoi elle est révoquée.")
STATEMENT_REVOKE_AT = Message(
    "Since when it is compromised (RFC 3339); now if left out.",
    "Depuis quand elle est compromise (RFC 3339) ; maintenant par défaut.",
)
STATEMENT_SHOW = Message("Show the newest statement that is here.", "Montrer la dernière déclaration présente ici.")
STATEMENT_SUBMIT = Message(
    "Send the newest statement to the node, as a member does.",
    "Envoyer la dernière déclaration au nœud, comme le fait un membre.",
)
STATEMENT_PASSPHRASE = Message("Passphrase of the root key.", "Mot de passe de la clé racine.")
STATEMENT_DAYS = Message("How long it is good.", "Combien de jours elle vaut.")
STATEMENT_HOLDER = Message(
    "Opaque token for who holds the new exchange keys; random if left out.",
    "Jeton opaque pour qui détient les nouvelles clés d'échange ; aléatoire par défaut.",
)
STATEMENT_ROLE = Message("Role of new exchange keys.", "Rôle des nouvelles clés d'échange.")

APPLY = Message(
    "Ask the node to admit this organisation, with its first statement.",
    "Demander au nœud d'admettre cette organisation, avec sa première déclaration.",
)
APPLY_STATUS = Message("Ask how far the application is.", "Demander où en est la demande.")

WHOAMI = Message(
    "Ask the node who this is to it: organisation, roles, key, clock, limits.",
    "Demander au nœud qui l'on est pour lui : organisation, rôles, clé, horloge, limites.",
)
TRUST = Message(
    "Believe the root THUMBPRINT of ORGANISATION from now on, after asking them by a way that you know.",
    "Croire désormais la racine THUMBPRINT de ORGANISATION, après le leur avoir demandé par une voie connue.",
)
DOCTOR = Message(
    "Look at files, keys, statement, clock, TLS and reach, and make one signed round trip.",
    "Regarder fichiers, clés, déclaration, horloge, TLS et accès, et faire un aller-retour signé.",
)
COMPLETION = Message(
    "Print the script that completes commands and options in SHELL; read it in your shell's start file.",
    "Imprimer le script qui complète commandes et options dans SHELL ; lisez-le au démarrage de votre shell.",
)
