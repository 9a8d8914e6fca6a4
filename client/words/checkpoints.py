"""What is said of the heads of the node's log, of witnesses, and of a log that contradicts itself."""

from client.words.message import Message

CHECKPOINT = Message(
    "Look at the signed head of the node's log, and compare it with what others were shown.",
    "Voir la tête signée du journal du nœud, et la comparer à ce que d'autres ont vu.",
)
SHOW = Message(
    "Show the newest head that was seen; with --note, the signed text itself, to be given to others.",
    "Montrer la dernière tête vue ; avec --note, le texte signé lui-même, à donner à d'autres.",
)
SHOW_NOTE = Message("Write the signed text alone.", "Écrire le texte signé seul.")
COMPARE = Message(
    "Compare FILE, a head that another reader was shown, with what was shown here: one history, or two.",
    "Comparer FILE, une tête montrée à un autre lecteur, à ce qui fut montré ici : une histoire, ou deux.",
)
WITNESS = Message(
    "Demand from now on that the witness with VERIFIER_KEY has cosigned each head; NAME is your own word for it.",
    "Exiger désormais que le témoin de clé VERIFIER_KEY ait cosigné chaque tête ; NAME est votre mot pour lui.",
)
WITNESS_LEAST = Message(
    "How many of the witnesses must have: all, any, or a number.",
    "Combien des témoins doivent l'avoir fait : all (tous), any (un), ou un nombre.",
)
FORGET = Message(
    "Forget what was seen of the log, when its operators have explained a contradiction; evidence stays.",
    "Oublier ce qui fut vu du journal, quand ses opérateurs ont expliqué une contradiction ; les preuves restent.",
)
FORGET_SURE = Message(
    "Forget what was seen? From then on nothing shows that the log was another before.",
    "Oublier ce qui fut vu ? Plus rien ne montrera ensuite que le journal était autre avant.",
)

NOTHING_SEEN = Message(
    "No head of the node's log was seen yet. Pull first.", "Aucune tête du journal n'a encore été vue. Relevez d'abord."
)
SEEN = Message(
    "{origin}: {size} entries, seen {at}\nroot {root}\ncosigned by: {witnesses}",
    "{origin} : {size} entrées, vu le {at}\nracine {root}\ncosigné par : {witnesses}",
)
NOBODY = Message("nobody of your policy", "personne de votre politique")
AGREES = Message(
    "One history: their {size} entries are what was shown here, too.",
    "Une seule histoire : leurs {size} entrées sont aussi ce qui fut montré ici.",
)
WITNESS_ADDED = Message(
    "Heads are believed from now on if {least} of {count} witnesses have cosigned them.",
    "Les têtes sont crues désormais si les témoins les ont cosignées : {least} sur {count}.",
)
FORGOTTEN = Message(
    "Forgotten. The next head is taken as the first one was.", "Oublié. La prochaine tête sera prise comme la première."
)
NOT_A_VERIFIER_KEY = Message(
    "That is no verifier key of a witness, such as name+1234abcd+B….",
    "Ce n'est pas une clé de témoin, comme nom+1234abcd+B….",
)
NOT_A_WITNESS_NAME = Message("A name has no spaces.", "Un nom n'a pas d'espaces.")
NOT_LEAST = Message("Say all, any, or a number.", "Dites all, any, ou un nombre.")

LOG_CHANGED = Message(
    "The node's log goes on as {log} after a restore: of the {known} entries that were seen of {previous}, {kept} are "
    "proven to be in it. What was lost since is sent and pulled again.",
    "Le journal du nœud continue comme {log} après une restauration : des {known} entrées vues de {previous}, {kept} y "
    "sont prouvées. Ce qui fut perdu est renvoyé et relevé de nouveau.",
)
LOG_NOT_PROVEN = Message(
    "ATTENTION. The node's log goes on as {log}, and NOTHING that was seen of {previous} ({known} entries) is proven "
    "to be in it. A restored backup looks like this if it is older than your first pull; so does a node that hides its "
    "history. It is followed; both signed heads are kept in the folder evidence of the home. Ask the node's operators "
    "which backup they restored, and let an auditor see both. What was lost since is sent and pulled again.",
    "ATTENTION. Le journal du nœud continue comme {log}, et RIEN de ce qui fut vu de {previous} ({known} entrées) n'y "
    "est prouvé. C'est ce que montre une sauvegarde restaurée plus ancienne que votre premier relevé ; c'est aussi ce "
    "que montre un nœud qui cache son histoire. Il est suivi ; les deux têtes signées sont gardées dans le dossier "
    "evidence. Demandez aux opérateurs quelle sauvegarde ils ont restaurée, et montrez les deux à un auditeur. Ce qui "
    "fut perdu est renvoyé et relevé de nouveau.",
)

NOT_BELIEVED: dict[str, Message] = {
    "log_forked": Message(
        "The node has signed two heads of its log with one size and two roots: it shows two histories. Nothing of the "
        "answer was used. Both signed heads are kept as proof; show them to an auditor, and to the node's operators.",
        "Le nœud a signé deux têtes de son journal de même taille et de racines différentes : il montre deux "
        "histoires. Rien de la réponse n'a servi. Les deux têtes signées sont gardées comme preuve ; montrez-les à un "
        "auditeur et aux opérateurs du nœud.",
    ),
    "log_not_continued": Message(
        "The node's log does not continue what was seen of it: something was taken, changed or put in. Nothing of the "
        "answer was used. Both signed heads are kept; show them to an auditor, and to the node's operators.",
        "Le journal du nœud ne continue pas ce qui en fut vu : quelque chose fut ôté, changé ou inséré. Rien de la "
        "réponse n'a servi. Les deux têtes signées sont gardées ; montrez-les à un auditeur et aux opérateurs.",
    ),
    "log_rolled_back": Message(
        "The node shows a shorter log than the one that was seen before. Nothing of the answer was used. Both signed "
        "heads are kept; ask the node's operators whether they restored a backup.",
        "Le nœud montre un journal plus court que celui déjà vu. Rien de la réponse n'a servi. Les deux têtes signées "
        "sont gardées ; demandez aux opérateurs s'ils ont restauré une sauvegarde.",
    ),
    "checkpoint_missing": Message(
        "The node does not show the head of its log any more, or not yet what your policy demands.",
        "Le nœud ne montre plus la tête de son journal, ou pas encore ce qu'exige votre politique.",
    ),
    "checkpoint_not_witnessed": Message(
        "The head of the log lacks the cosignatures that your witness-policy demands. Nothing of the answer was used.",
        "Il manque à la tête du journal les cosignatures qu'exige votre witness-policy. Rien de la réponse n'a servi.",
    ),
    "checkpoint_cosignature": Message(
        "A cosignature names a witness of your policy, and is not by it.",
        "Une cosignature nomme un témoin de votre politique, et n'est pas de lui.",
    ),
    "checkpoint_another_log": Message("That is the head of another log.", "C'est la tête d'un autre journal."),
    "checkpoint_other_epoch": Message(
        "Their head is from before a restore of the node, and is not all in its log now: ask what was lost.",
        "Leur tête date d'avant une restauration du nœud, et n'est pas toute dans son journal : demandez la perte.",
    ),
    "checkpoint_note_form": Message("That is no signed head of a log.", "Ce n'est pas la tête signée d'un journal."),
    "checkpoint_note_unsigned": Message(
        "The node's log key has not signed that head.", "La clé de journal du nœud n'a pas signé cette tête."
    ),
    "no_checkpoint": Message(
        "No head of the node's log was seen here to compare with.", "Aucune tête du journal n'a été vue ici à comparer."
    ),
    "not_included": Message(
        "The entry is not in the node's log where the node says it is.",
        "L'entrée n'est pas dans le journal du nœud là où il le dit.",
    ),
    "not_in_checkpoint": Message(
        "The newest head of the log does not reach that entry yet.",
        "La dernière tête du journal n'atteint pas encore cette entrée.",
    ),
}
"""What cannot be believed of a log, by the failure's reason."""
