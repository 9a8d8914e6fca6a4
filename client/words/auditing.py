"""What is said of proofs: the verdict on a bundle, each kind of tampering by name, two histories, and evidence."""

from client.words.message import Message

AUDIT = Message(
    "Read the node's trail as its auditor, and prove that nothing was removed from it or rewritten.",
    "Lire la trace du nœud en auditeur, et prouver que rien n'en fut retiré ni réécrit.",
)
VERIFY = Message(
    "Verify a proof bundle offline: its tree, its entries, the requests that partners signed.",
    "Vérifier hors ligne un dossier de preuve : son arbre, ses entrées, les requêtes signées des partenaires.",
)
VERIFY_NODE_ROOT = Message(
    "Thumbprint of the node's root, given to you by telephone or on paper; else that of the settings.",
    "Empreinte de la racine du nœud, reçue par téléphone ou sur papier ; sinon celle des réglages.",
)
VERIFY_SINCE = Message(
    "A checkpoint or bundle of before, to compare with; the last ones proven here are compared anyway.",
    "Un point de contrôle ou un dossier d'avant, à comparer ; les derniers prouvés ici le sont de toute façon.",
)
VERIFY_POLICY = Message(
    "File that says which witnesses must have cosigned; else witness-policy in the home.",
    "Fichier qui dit quels témoins doivent avoir cosigné ; sinon witness-policy dans le dossier.",
)
COMPARE = Message(
    "Compare two bundles or checkpoints of one log: do they tell one history?",
    "Comparer deux dossiers ou points de contrôle d'un journal : racontent-ils une seule histoire ?",
)

WHOLE = Message(
    "WHOLE. Nothing was found in {log}: {size} entries, signed head {root}.",
    "INTACT. Rien n'a été trouvé dans {log} : {size} entrées, point de contrôle {root}.",
)
TAMPERED = Message(
    "NOT WHOLE. {log} ({size} entries, signed head {root}) has {count} findings:",
    "NON INTACT. {log} ({size} entrées, point de contrôle {root}) a {count} constats :",
)
OPENED = Message(
    "Opened {opened}, erased and told {erased}. Partners' signatures verified: {signed}; refused requests, kept as "
    "digests: {refused}; acts of the node and of persons at the console: {unsigned}; of applicants: {unadmitted}.",
    "Ouvertes {opened}, effacées et consignées {erased}. Signatures de partenaires vérifiées : {signed} ; requêtes "
    "refusées, gardées en empreintes : {refused} ; actes du nœud et de personnes à la console : {unsigned} ; de "
    "candidats : {unadmitted}.",
)
PARTIAL = Message(
    "The bundle shows a part of the entries ({filter}): of the others it proves their place, not what they say.",
    "Le dossier montre une partie des entrées ({filter}) : des autres il prouve la place, pas le contenu.",
)
SINCE = Message(
    "All {size} entries that were proven before in {log} are in their places.",
    "Les {size} entrées déjà prouvées dans {log} sont à leur place.",
)
FIRST_TIME = Message(
    "No earlier head of this log is known here: from now on this one is.",
    "Aucun point de contrôle antérieur de ce journal n'est connu ici : celui-ci l'est désormais.",
)
COSIGNED = Message("Cosigned by {witnesses}.", "Cosigné par {witnesses}.")
MORE = Message("… and {count} more.", "… et {count} de plus.")

FOUND: dict[str, Message] = {
    "altered": Message(
        "entry {index} was altered: its text does not make its leaf",
        "l'entrée {index} a été modifiée : son texte ne donne pas sa feuille",
    ),
    "moved": Message(
        "entry {index} was exchanged: the text given for it is that of entry {other}",
        "l'entrée {index} a été échangée : le texte donné est celui de l'entrée {other}",
    ),
    "unopened": Message(
        "entry {index} was deleted: its leaf is in the tree, nobody opens it, and no entry tells of its erasure",
        "l'entrée {index} a été supprimée : sa feuille est dans l'arbre, rien ne l'ouvre, aucune entrée n'en dit "
        "l'effacement",
    ),
    "kept_back": Message(
        "entries were kept back: the bundle was made of all that there are, and calls itself a part",
        "des entrées sont retenues : le dossier est fait de tout ce qu'il y a, et se dit partiel",
    ),
    "outside": Message(
        "entry {index} was inserted: the log has no such leaf",
        "l'entrée {index} a été insérée : le journal n'a pas cette feuille",
    ),
    "index_twice": Message(
        "an entry was inserted or moved: index {index} comes twice or out of order",
        "une entrée a été insérée ou déplacée : l'indice {index} vient deux fois ou en désordre",
    ),
    "erasure_unproven": Message(
        "entry {index} is said to be erased by entry {other}, which does not say so",
        "l'entrée {index} serait effacée par l'entrée {other}, qui ne le dit pas",
    ),
    "erasure_false": Message(
        "entry {index} is said to be erased by entry {other}, which names other leaves",
        "l'entrée {index} serait effacée par l'entrée {other}, qui nomme d'autres feuilles",
    ),
    "root_differs": Message(
        "the leaves are not those that the log's key has signed: some were changed, moved, added or taken away",
        "les feuilles ne sont pas celles qu'a signées la clé du journal : certaines ont été changées, déplacées, "
        "ajoutées ou ôtées",
    ),
    "leaves_missing": Message(
        "{other} of the leaves that the log's own head was signed over are gone from the node",
        "{other} des feuilles que couvre le point de contrôle du journal manquent au nœud",
    ),
    "rewritten": Message(
        "history was rewritten: entries up to {other}, which were proven before in {about}, are others now",
        "l'histoire a été réécrite : les entrées jusqu'à {other}, déjà prouvées dans {about}, sont autres",
    ),
    "dropped": Message(
        "the newest entries were dropped: {index} to {other} were proven before in {about}",
        "les dernières entrées ont été retirées : {index} à {other} étaient prouvées dans {about}",
    ),
    "replaced": Message(
        "entry {index} was altered in the log itself: another leaf stands in its place",
        "l'entrée {index} a été modifiée dans le journal même : une autre feuille est à sa place",
    ),
    "deleted": Message(
        "entry {index} was deleted from the log itself", "l'entrée {index} a été supprimée du journal même"
    ),
    "reordered": Message(
        "entry {index} was moved: it is entry {other} now", "l'entrée {index} a été déplacée : c'est l'entrée {other}"
    ),
    "inserted": Message(
        "entry {index} was inserted between older ones", "l'entrée {index} a été insérée parmi de plus anciennes"
    ),
    "lost": Message(
        "a restore has lost entries {index} to {other} of {about}, which were proven before",
        "une restauration a perdu les entrées {index} à {other} de {about}, déjà prouvées",
    ),
    "older_epoch": Message(
        "an older history is shown: {about} was proven before and follows this log",
        "une histoire plus ancienne est montrée : {about}, déjà prouvé, suit ce journal",
    ),
    "epoch_unexplained": Message(
        "no entry tells how this log follows {about}, which was proven before",
        "aucune entrée ne dit comment ce journal suit {about}, déjà prouvé",
    ),
    "cosignatures_missing": Message(
        "the witnesses that the policy asks for have not cosigned this head",
        "les témoins que veut la politique n'ont pas cosigné ce point de contrôle",
    ),
    "cosignature_false": Message(
        "a witness's cosignature of this head is false", "une cosignature de témoin sur ce point de contrôle est fausse"
    ),
    "entry_form": Message(
        "entry {index} is in the tree, but is no entry of the protocol",
        "l'entrée {index} est dans l'arbre, mais n'est pas une entrée du protocole",
    ),
    "other_node": Message("entry {index} is of another node", "l'entrée {index} est d'un autre nœud"),
    "decision": Message(
        "entry {index} contradicts itself: refused without a reason, or allowed with one",
        "l'entrée {index} se contredit : refusée sans motif, ou admise avec un motif",
    ),
    "key_name": Message(
        "entry {index} names a key of another organisation", "l'entrée {index} nomme une clé d'une autre organisation"
    ),
    "count": Message(
        "entry {index} says a wrong number of records: something was served or stored where it says none, or nothing "
        "where it says some",
        "l'entrée {index} dit un nombre de fiches faux : quelque chose fut servi ou déposé là où elle n'en dit aucune, "
        "ou rien là où elle en dit",
    ),
    "places": Message(
        "entry {index} names places that no page can have", "l'entrée {index} nomme des places qu'aucune page n'a"
    ),
    "filter": Message(
        "entry {index} says another filter than its caller signed",
        "l'entrée {index} dit un autre filtre que celui que l'appelant a signé",
    ),
    "backdated": Message(
        "entry {index} is dated long before those that stand before it",
        "l'entrée {index} est datée bien avant celles qui la précèdent",
    ),
    "id_time": Message(
        "entry {index} was made at another time than it says",
        "l'entrée {index} fut faite à un autre moment qu'elle ne dit",
    ),
    "id_twice": Message(
        "entry {index} has the id of an earlier one", "l'entrée {index} a l'identifiant d'une plus ancienne"
    ),
    "request_twice": Message(
        "entry {index} shows a request that an earlier entry shows: it was put in again",
        "l'entrée {index} montre une requête qu'une autre montre déjà : elle fut remise",
    ),
    "unsigned_act": Message(
        "entry {index} was invented: an act of {about} without anybody's signature",
        "l'entrée {index} a été inventée : un acte de {about} sans signature de personne",
    ),
    "signature_false": Message(
        "entry {index}: {about} did not sign this request", "entrée {index} : {about} n'a pas signé cette requête"
    ),
    "base_form": Message("entry {index} holds no signed request", "l'entrée {index} ne contient pas de requête signée"),
    "base_target": Message(
        "entry {index} says another target than its caller signed",
        "l'entrée {index} dit une autre cible que celle que l'appelant a signée",
    ),
    "base_purpose": Message(
        "entry {index} says another purpose than its caller signed",
        "l'entrée {index} dit une autre finalité que celle que l'appelant a signée",
    ),
    "base_key": Message(
        "entry {index} says another key or organisation than signed",
        "l'entrée {index} dit une autre clé ou organisation que celle qui a signé",
    ),
    "base_action": Message(
        "entry {index} says another act than its caller asked for",
        "l'entrée {index} dit un autre acte que celui que l'appelant a demandé",
    ),
    "base_time": Message(
        "entry {index} says another time than its caller signed",
        "l'entrée {index} dit un autre moment que celui que l'appelant a signé",
    ),
    "key_unknown": Message(
        "entry {index}: no statement of {about} lists the key",
        "entrée {index} : aucune déclaration de {about} ne liste la clé",
    ),
    "key_use": Message(
        "entry {index}: the key of {about} is not for exchange",
        "entrée {index} : la clé de {about} n'est pas pour l'échange",
    ),
    "key_early": Message(
        "entry {index}: the key of {about} did not hold yet", "entrée {index} : la clé de {about} ne valait pas encore"
    ),
    "key_ended": Message(
        "entry {index}: the key of {about} had ended", "entrée {index} : la clé de {about} ne valait plus"
    ),
    "key_revoked": Message(
        "entry {index}: the key of {about} was revoked, and the node knew it",
        "entrée {index} : la clé de {about} était révoquée, et le nœud le savait",
    ),
    "statement_not_held": Message(
        "entry {index}: no statement of {about} held then",
        "entrée {index} : aucune déclaration de {about} ne valait alors",
    ),
    "role_not_held": Message(
        "entry {index}: the key of {about} did not have that role",
        "entrée {index} : la clé de {about} n'avait pas ce rôle",
    ),
    "not_admitted": Message(
        "entry {index} is the first act of {about}, whom no two operators have admitted",
        "l'entrée {index} est le premier acte de {about}, que pas deux opérateurs n'ont admis",
    ),
    "statements_false": Message(
        "the statements of {about} do not hold ({detail})", "les déclarations de {about} ne tiennent pas ({detail})"
    ),
}

NOTICED: dict[str, Message] = {
    "older": Message(
        "This bundle says that it is older than what was proven here, and it is its beginning: entries {index} to "
        "{other} of {about} came after it. If you fetched it since, these were dropped.",
        "Ce dossier se dit plus ancien que ce qui a été prouvé ici, et il en est le début : les entrées {index} à "
        "{other} de {about} sont venues après. S'il a été obtenu depuis, elles ont été supprimées.",
    ),
    "no_policy": Message(
        "No witness policy is here: whether others were shown the same log was not judged.",
        "Il n'y a pas de politique de témoins ici : si d'autres ont vu le même journal n'est pas jugé.",
    ),
    "restored": Message(
        "The node was restored from a backup: of {about}, entries {index} to {other} did not come back.",
        "Le nœud a été restauré d'une sauvegarde : de {about}, les entrées {index} à {other} ne sont pas revenues.",
    ),
    "restored_whole": Message(
        "The node was restored from a backup: of {about}, nothing was lost.",
        "Le nœud a été restauré d'une sauvegarde : de {about}, rien n'a été perdu.",
    ),
    "restored_unknown": Message(
        "The node opened {about} at entry {index} without its last head: what was lost before it, it cannot say.",
        "Le nœud a ouvert {about} à l'entrée {index} sans son dernier point de contrôle : il ne peut dire ce qui fut "
        "perdu avant.",
    ),
    "erasure_unshown": Message(
        "Entry {index} was erased; the entry that tells of it ({other}) is not in this part.",
        "L'entrée {index} fut effacée ; celle qui en parle ({other}) n'est pas dans cette partie.",
    ),
    "key_revoked_later": Message(
        "Entry {index}: {about} has since revoked the key, from before this act.",
        "Entrée {index} : {about} a depuis révoqué la clé, d'avant cet acte.",
    ),
}

ONE_HISTORY = Message(
    "ONE HISTORY. The first {size} entries of {log} are the same in both.",
    "UNE SEULE HISTOIRE. Les {size} premières entrées de {log} sont les mêmes dans les deux.",
)
TWO_HISTORIES = Message(
    "TWO HISTORIES. The node has signed two heads of {log} that do not fit together: whoever holds both has proof.",
    "DEUX HISTOIRES. Le nœud a signé deux points de contrôle de {log} inconciliables : qui a les deux a la preuve.",
)
NOT_COMPARABLE = Message(
    "Two checkpoints of different sizes say nothing about each other: give a bundle of the larger one.",
    "Deux points de contrôle de tailles différentes ne disent rien l'un de l'autre : donnez un dossier du plus grand.",
)
