"""What did not work: what is wrong, and what to do."""

from client.words.message import Message

CONFIGURED: dict[str, Message] = {
    "node_root_needed": Message(
        "No settings are here that say which node to believe. Name its root: --node-root THUMBPRINT",
        "Aucun réglage ici ne dit quel nœud croire. Nommez sa racine : --node-root EMPREINTE",
    ),
    "log_key_unknown": Message(
        "Nothing is known here of the node's keys: give at least one bundle, or ask the node once (havre whoami).",
        "Rien n'est connu ici des clés du nœud : donnez au moins un dossier, ou interrogez le nœud (havre whoami).",
    ),
    "witness_policy": Message(
        "The witness policy is not in its form (C2SP tlog-policy).",
        "La politique de témoins n'a pas sa forme (C2SP tlog-policy).",
    ),
    "witness_policy_own": Message(
        "The witness policy has groups of its own: edit the file by hand.",
        "La politique de témoins a ses propres groupes : modifiez le fichier à la main.",
    ),
    "audited_form": Message(
        "A checkpoint that was proven here before is not as it was written. Who could change it?",
        "Un point de contrôle déjà prouvé ici n'est pas tel qu'il fut écrit. Qui a pu le changer ?",
    ),
    "no_home": Message(
        "There is no folder for this organisation yet. Run: havre init",
        "Il n'y a pas encore de dossier pour cette organisation. Lancez : havre init",
    ),
    "no_config": Message(
        "There are no settings yet. Run: havre init",
        "Il n'y a pas encore de réglages. Lancez : havre init",
    ),
    "config_form": Message(
        "havre.toml is not in its form: five lines, each a name and a text, and perhaps a sixth: proxy.",
        "havre.toml n'a pas sa forme : cinq lignes, chacune un nom et un texte, et peut-être une sixième : proxy.",
    ),
    "home_mode": Message(
        "Others may read the folder of this organisation. Run: chmod 700 on it; who could read the keys?",
        "D'autres peuvent lire le dossier de cette organisation. Faites chmod 700 ; qui a pu lire les clés ?",
    ),
    "key_mode": Message(
        "Others may read a key file. Run: chmod 600 on it, and consider that key known to others.",
        "D'autres peuvent lire un fichier de clé. Faites chmod 600, et tenez cette clé pour connue d'autrui.",
    ),
    "key_file": Message(
        "A key file holds no key of ours, another key than its name says, or has another passphrase.",
        "Un fichier de clé ne contient aucune clé à nous, une autre que son nom ne dit, ou a un autre mot de passe.",
    ),
    "state_mode": Message(
        "Others may read the state file. Run: chmod 600 on it.",
        "D'autres peuvent lire le fichier d'état. Faites chmod 600.",
    ),
    "state_damaged": Message(
        "The state file is damaged. Move it away, restore it from a backup, or pull everything anew.",
        "Le fichier d'état est abîmé. Écartez-le, restaurez une sauvegarde, ou relevez tout de nouveau.",
    ),
    "state_busy": Message(
        "The state file cannot be used now.",
        "Le fichier d'état ne peut pas servir maintenant.",
    ),
    "file_unusable": Message(
        "A file or folder cannot be used.",
        "Un fichier ou un dossier ne peut pas servir.",
    ),
    "stdout_closed": Message(
        "Whoever read the output has gone away.",
        "Le lecteur de la sortie est parti.",
    ),
    "init_done": Message(
        "This folder has settings already. Correct havre.toml, or use another: havre --home FOLDER init",
        "Ce dossier a déjà des réglages. Corrigez havre.toml, ou prenez-en un autre : havre --home DOSSIER init",
    ),
    "unknown_organisation": Message(
        "No organisation of that name is known here or in the node's directory.",
        "Aucune organisation de ce nom n'est connue ici ni dans l'annuaire du nœud.",
    ),
    "unknown_group": Message(
        "No live group of that name is known here. Pull first, or look at: havre group list",
        "Aucun groupe vivant de ce nom n'est connu ici. Relevez d'abord, ou voyez : havre group list",
    ),
    "output_needed": Message(
        "Parquet is no text for a terminal. Say --output FILE.",
        "Parquet n'est pas un texte pour un terminal. Donnez --output FICHIER.",
    ),
    "parquet_missing": Message(
        "Parquet needs the extra of that name: pip install 'havre[parquet]'",
        "Parquet demande l'extra de ce nom : pip install 'havre[parquet]'",
    ),
    "hook_command": Message(
        "That hook is no command line that can be read.",
        "Ce hook n'est pas une ligne de commande lisible.",
    ),
    "not_utf8": Message("The file is no UTF-8 text.", "Le fichier n'est pas un texte UTF-8."),
    "not_csv": Message("The file is no CSV that can be read.", "Le fichier n'est pas un CSV lisible."),
    "column_twice": Message("The file names a column twice.", "Le fichier nomme deux fois une colonne."),
    "not_ndjson": Message(
        "The file is no page or batch: its lines are no JSON objects.",
        "Le fichier n'est ni une page ni un lot : ses lignes ne sont pas des objets JSON.",
    ),
    "state_version": Message(
        "The state file was written by another release of havre.",
        "Le fichier d'état a été écrit par une autre version de havre.",
    ),
    "file_exists": Message(
        "That file is there already; nothing was overwritten.",
        "Ce fichier existe déjà ; rien n'a été écrasé.",
    ),
    "no_exchange_key": Message(
        "There is no exchange key here. Run: havre keys new exchange",
        "Il n'y a pas ici de clé d'échange. Lancez : havre keys new exchange",
    ),
    "no_record_key": Message(
        "There is no record key here. Run: havre keys new record",
        "Il n'y a pas ici de clé de fiches. Lancez : havre keys new record",
    ),
    "no_root_key": Message(
        "The root key is not here, or needs --passphrase-file. Bring the file root-….pem for this command.",
        "La clé racine n'est pas ici, ou demande --passphrase-file. Apportez root-….pem pour cette commande.",
    ),
    "two_roots": Message(
        "More than one root key is here, and nothing says which one is meant. Keep one of them elsewhere.",
        "Il y a ici plus d'une clé racine, et rien ne dit laquelle. Gardez-en une ailleurs.",
    ),
    "which_root": Message(
        "--new-root does not name exactly one other root that is here.",
        "--new-root ne nomme pas exactement une autre racine présente ici.",
    ),
    "passphrase_needed": Message(
        "That root key is under a passphrase. Say --passphrase-file.",
        "Cette clé racine est sous mot de passe. Donnez --passphrase-file.",
    ),
    "passphrase_mode": Message(
        "Others may read the passphrase file. Run: chmod 600 on it.",
        "D'autres peuvent lire le fichier du mot de passe. Faites chmod 600.",
    ),
    "passphrase_file": Message(
        "The passphrase file cannot be read, or is empty.",
        "Le fichier du mot de passe est illisible ou vide.",
    ),
    "node_home": Message(
        "This folder is the home of a node, not of a partner. Use another: havre --home FOLDER",
        "Ce dossier est celui d'un nœud, pas d'un partenaire. Prenez-en un autre : havre --home DOSSIER",
    ),
    "record_key_not_in_force": Message(
        "No record key that is here counts by the newest statement: it is revoked, ended or not listed. Nothing was "
        "signed. Run: havre keys new record, havre statement renew, havre statement submit",
        "Aucune clé de fiches présente ici ne vaut d'après la dernière déclaration : révoquée, échue ou absente. Rien "
        "n'a été signé. Lancez : havre keys new record, havre statement renew, havre statement submit",
    ),
    "no_statement": Message(
        "There is no statement yet. Run: havre statement new",
        "Il n'y a pas encore de déclaration. Lancez : havre statement new",
    ),
    "statement_exists": Message(
        "There is a statement already. Run: havre statement renew",
        "Il y a déjà une déclaration. Lancez : havre statement renew",
    ),
    "no_application": Message(
        "No application was sent from here. Run: havre apply",
        "Aucune demande n'a été envoyée d'ici. Lancez : havre apply",
    ),
    "unknown_key": Message(
        "No key of the statement begins with that thumbprint.",
        "Aucune clé de la déclaration ne commence par cette empreinte.",
    ),
}
"""What this side lacks, by the failure's reason."""

SOMETHING_MISSING = Message("Something is missing here: {reason}.", "Il manque ici quelque chose : {reason}.")

VERIFIED: dict[str, Message] = {
    "invitation_link": Message(
        "The link of the invitation does not lead to the node that was asked. Give it to nobody.",
        "Le lien de l'invitation ne mène pas au nœud interrogé. Ne le donnez à personne.",
    ),
    "evidence_form": Message("The file is no evidence of ours.", "Le fichier n'est pas une preuve à nous."),
    "evidence_signature": Message(
        "The node did not sign what the evidence shows.", "Le nœud n'a pas signé ce que la preuve montre."
    ),
    "other_answer": Message(
        "The file is not the answer that the receipt came with.", "Le fichier n'est pas la réponse venue avec le reçu."
    ),
    "nothing_proven": Message(
        "The node signed all of it, and nothing in it contradicts itself: it proves nothing against the node.",
        "Le nœud a tout signé, et rien ne s'y contredit : cela ne prouve rien contre le nœud.",
    ),
    "bundle_damaged": Message(
        "The file is no proof bundle, or was damaged on its way.",
        "Le fichier n'est pas un dossier de preuve, ou fut abîmé en chemin.",
    ),
    "bundle_members": Message(
        "The bundle does not have exactly the members of a proof bundle in their order.",
        "Le dossier n'a pas exactement les membres d'un dossier de preuve, dans leur ordre.",
    ),
    "bundle_length": Message(
        "A member of the bundle is longer than it can be: it was made to do harm.",
        "Un membre du dossier est plus long qu'il ne peut : il est fait pour nuire.",
    ),
    "bundle_form": Message("A member of the bundle is not of its form.", "Un membre du dossier n'a pas sa forme."),
    "bundle_stale": Message(
        "The node gave a bundle that is not of this moment: it may hide what came since.",
        "Le nœud a donné un dossier qui n'est pas de ce moment : il peut taire ce qui est venu depuis.",
    ),
    "bundle_node": Message(
        "The bundle is of another node or federation than the settings say.",
        "Le dossier est d'un autre nœud ou d'une autre fédération que celle des réglages.",
    ),
    "bundle_head": Message(
        "The bundle says another size or root than its own checkpoint.",
        "Le dossier dit une autre taille ou racine que son propre point de contrôle.",
    ),
    "bundle_root": Message(
        "The bundle's leaves do not make the head that was signed; verify it by itself first.",
        "Les feuilles du dossier ne font pas la tête signée ; vérifiez-le d'abord seul.",
    ),
    "other_log": Message(
        "The two are of different logs, or of different epochs of one.",
        "Les deux sont de journaux différents, ou de différentes époques d'un même.",
    ),
    "note_form": Message(
        "The file is neither a proof bundle nor a signed checkpoint.",
        "Le fichier n'est ni un dossier de preuve ni un point de contrôle signé.",
    ),
    "checkpoint_note_unsigned": Message(
        "The log is signed by another key than the node's log key: this is not the log of that node.",
        "Le journal est signé par une autre clé que celle du nœud : ce n'est pas le journal de ce nœud.",
    ),
    "checkpoint_signature": Message(
        "The signature of the log's head is false.", "La signature de la tête du journal est fausse."
    ),
    "checkpoint_revoked": Message(
        "The log is signed by a key that the node has revoked.",
        "Le journal est signé par une clé que le nœud a révoquée.",
    ),
    "checkpoint_ended": Message(
        "The log is signed by a key that had ended.", "Le journal est signé par une clé qui ne valait plus."
    ),
    "another_node": Message(
        "The address answers as another node or federation than the settings say.",
        "L'adresse répond comme un autre nœud ou une autre fédération que celle des réglages.",
    ),
    "answer_not_signed": Message(
        "The node said yes without a signature. Nothing of the answer was used.",
        "Le nœud a dit oui sans signature. Rien de la réponse n'a servi.",
    ),
    "answer_without_receipt": Message(
        "The node said yes without a receipt. Nothing of the answer was used.",
        "Le nœud a dit oui sans reçu. Rien de la réponse n'a servi.",
    ),
    "equivocation": Message(
        "The node has signed two different things for one place. Keep the state file: it is the proof.",
        "Le nœud a signé deux choses différentes pour une même place. Gardez le fichier d'état : c'est la preuve.",
    ),
    "chain_hole": Message(
        "A batch is missing in a stream. Nothing of the page was kept.",
        "Il manque un lot dans un flux. Rien de la page n'a été gardé.",
    ),
    "statement_seq_lower": Message(
        "The node shows an older statement than one that was seen before.",
        "Le nœud montre une déclaration plus ancienne qu'une autre déjà vue.",
    ),
    "statement_forked": Message(
        "There are two different statements with one number.",
        "Deux déclarations différentes portent le même numéro.",
    ),
    "admission": Message(
        "Two operators' approvals cannot be shown for the organisation.",
        "Les approbations de deux opérateurs ne peuvent être montrées pour cette organisation.",
    ),
    "not_a_member": Message(
        "The batch is from an organisation that the node's directory does not list.",
        "Le lot vient d'une organisation absente de l'annuaire du nœud.",
    ),
    "directory_seq_lower": Message(
        "The node shows an older directory than one that was seen before.",
        "Le nœud montre un annuaire plus ancien qu'un autre déjà vu.",
    ),
    "unknown_origin": Message(
        "No statement of that organisation is known here. Pull once, then verify again.",
        "Aucune déclaration de cette organisation n'est connue ici. Relevez une fois, puis vérifiez de nouveau.",
    ),
    "cursor_moved": Message(
        "Another process of this partner pulled at the same moment. Nothing was lost; run again.",
        "Un autre processus de ce partenaire relevait au même moment. Rien n'est perdu ; relancez.",
    ),
}
"""What cannot be believed, by the failure's reason."""

NOT_BELIEVED = Message("Something cannot be believed.", "Quelque chose ne peut pas être cru.")
REASON = Message(" Reason: {reason}.", " Raison : {reason}.")
ABOUT = Message(" About: {about}.", " Il s'agit de : {about}.")

STANDING: dict[str, Message] = {
    "suspended": Message(
        "This organisation is suspended. Talk to the node's operators.",
        "Cette organisation est suspendue. Parlez aux opérateurs du nœud.",
    ),
    "application_pending": Message(
        "application pending: two operators of the node have yet to approve it.",
        "demande en attente : deux opérateurs du nœud doivent encore l'approuver.",
    ),
    "application_refused": Message(
        "The application is not pending any more, and this key is not admitted. Ask the operators.",
        "La demande n'est plus en attente, et cette clé n'est pas admise. Demandez aux opérateurs.",
    ),
}
"""Where one stands with the node, by the failure's reason."""

DID_NOT_WORK = Message("It did not work: {reason}.", "Cela n'a pas marché : {reason}.")

REFUSED: dict[str, Message] = {
    "role_not_allowed": Message(
        "The node refused: this key has not the role for that. Look at: havre whoami",
        "Le nœud a refusé : cette clé n'a pas le rôle qu'il faut. Voyez : havre whoami",
    ),
    "purpose_not_allowed": Message(
        "The node refused: that purpose is not for this act.",
        "Le nœud a refusé : cette finalité n'est pas pour cet acte.",
    ),
    "suspended": Message(
        "The node refused: this organisation is suspended. Talk to its operators.",
        "Le nœud a refusé : cette organisation est suspendue. Parlez à ses opérateurs.",
    ),
    "not_found": Message(
        "The node knows no such thing, or hides it from this key.",
        "Le nœud ne connaît rien de tel, ou le cache à cette clé.",
    ),
}
"""What the node refused as a whole, by the problem's code."""

NODE_REFUSED = Message("The node refused.", "Le nœud a refusé.")
REFUSED_HOW = Message(
    " Code: {code}. Request: {request_id}.",
    " Code : {code}. Requête : {request_id}.",
)
SIGNED_BY = Message(" Key: {keyid}.", " Clé : {keyid}.")

NODE_ROOT_DIFFERS = Message(
    "{about} signs under the root {thumbprint}, and the root that it is known by here is {pinned}. Nothing of it is "
    "believed. Compare both with what its operators gave you by telephone or on paper. If node_root was mistyped, "
    "correct it in havre.toml; else talk to them before anything else.",
    "{about} signe sous la racine {thumbprint}, et celle connue ici est {pinned}. Rien n'en est cru. Comparez les deux "
    "avec ce que ses opérateurs vous ont donné par téléphone ou sur papier. Si node_root fut mal tapé, corrigez-le "
    "dans havre.toml ; sinon parlez-leur avant toute chose.",
)
ROOT_CHANGED = Message(
    "{about} has another root key, and the old one did not consent. Nothing of it is believed. Ask them, by a way that "
    "you know, for their root's thumbprint. If it is {thumbprint}, run:\n  havre trust {about} {thumbprint}",
    "{about} a une autre clé racine, et l'ancienne n'y a pas consenti. Rien n'en est cru. Demandez-leur, par une voie "
    "que vous connaissez, l'empreinte de leur racine. Si c'est {thumbprint}, lancez :\n"
    "  havre trust {about} {thumbprint}",
)
NO_USABLE_ANSWER = Message(
    "The node did not give an answer that can be used.",
    "Le nœud n'a pas donné de réponse utilisable.",
)
NO_USABLE_STATUS = Message(
    "The node did not give an answer that can be used (status {status}, unsigned: believe no detail in it).",
    "Le nœud n'a pas donné de réponse utilisable (statut {status}, sans signature : n'en croyez aucun détail).",
)
CLOCK_BEHIND = Message(
    "The node did not accept the signature. This clock seems {seconds} seconds behind: set it right.",
    "Le nœud n'a pas accepté la signature. Cette horloge semble en retard de {seconds} secondes : réglez-la.",
)
CLOCK_AHEAD = Message(
    "The node did not accept the signature. This clock seems {seconds} seconds ahead: set it right.",
    "Le nœud n'a pas accepté la signature. Cette horloge semble en avance de {seconds} secondes : réglez-la.",
)
KEY_NOT_ACCEPTED = Message(
    "The node did not accept the signature: the key {keyid} is unknown, revoked or outside its time.",
    "Le nœud n'a pas accepté la signature : la clé {keyid} est inconnue, révoquée ou hors de son temps.",
)
NOT_ACCEPTED = Message(
    "The node did not accept the signature: the key is unknown, revoked or outside its time.",
    "Le nœud n'a pas accepté la signature : la clé est inconnue, révoquée ou hors de son temps.",
)
