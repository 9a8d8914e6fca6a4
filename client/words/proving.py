"""What is said of receipts and of evidence against a node."""

from client.words.message import Message

RECEIPTS = Message(
    "Check what the node's log says of one's own acts, and prove what it hides.",
    "Contrôler ce que le journal du nœud dit de ses propres actes, et prouver ce qu'il cache.",
)
CHECK = Message(
    "Open the entries behind the receipts not opened yet, and find a sample of them in the log's signed head.",
    "Ouvrir les entrées des reçus pas encore ouverts, et en retrouver un échantillon dans la tête signée du journal.",
)
MOST = Message("How many to open.", "Combien en ouvrir.")
SAMPLE = Message("How many to look for in the tree.", "Combien en chercher dans l'arbre.")
PROVE = Message(
    "Verify evidence against a node offline: does it prove that an entry was suppressed or falsified?",
    "Vérifier hors ligne une preuve contre un nœud : montre-t-elle qu'une entrée fut supprimée ou faussée ?",
)
ANSWER = Message(
    "The answer that was kept, such as a page of --pages: with it the entry's counts are judged too.",
    "La réponse gardée, comme une page de --pages : avec elle, les comptes de l'entrée sont jugés aussi.",
)
CHECKED = Message(
    "{opened} entries opened, {wrong} do not agree; {included} found in the signed head; {waiting} still to come.",
    "Entrées ouvertes : {opened} ; en désaccord : {wrong} ; retrouvées dans la tête signée : {included} ; encore à "
    "venir : {waiting}.",
)
SUPPRESSED = Message(
    "The node gave a receipt for each of these and does not stand by it: proof of suppression.",
    "Le nœud a donné un reçu pour chacun et ne s'y tient pas : preuve de suppression.",
)
LOST = Message(
    "These came before the node went on from a restored backup, and are not in its log now: lost, not proven to be "
    "suppressed. Ask its operators which backup it was.",
    "Ceux-ci précèdent la restauration d'une sauvegarde par le nœud, et ne sont plus dans son journal : perdus, sans "
    "preuve de suppression. Demandez à ses opérateurs quelle sauvegarde ce fut.",
)
KEPT = Message("evidence: {evidence}", "preuve : {evidence}")

FINDINGS: dict[str, Message] = {
    "missing": Message("a day later there is no such entry", "un jour après, il n'y a pas de telle entrée"),
    "not_placed": Message(
        "a day later the entry has no place in the log", "un jour après, l'entrée n'a pas de place dans le journal"
    ),
    "not_in_log": Message(
        "a day later no signed head reaches the entry", "un jour après, aucune tête signée n'atteint l'entrée"
    ),
    "not_included": Message(
        "the log's signed head has another leaf in its place", "la tête signée a une autre feuille à sa place"
    ),
    "leaf": Message("another entry was opened for the receipt", "une autre entrée fut ouverte pour le reçu"),
    "entry_form": Message("what was opened is no entry", "ce qui fut ouvert n'est pas une entrée"),
    "decision": Message(
        "the entry says that a good answer was refused", "l'entrée dit refusée une requête qui eut une bonne réponse"
    ),
    "signature": Message(
        "the entry says another act or signature", "l'entrée dit un autre acte ou une autre signature"
    ),
    "signature_base": Message("the entry says another request", "l'entrée dit une autre requête"),
    "response_digest": Message("the entry says another answer", "l'entrée dit une autre réponse"),
    "records": Message(
        "the entry says another number of records than came", "l'entrée dit un autre nombre de fiches qu'il n'en vint"
    ),
    "served": Message("the entry says that something else was served", "l'entrée dit que fut servi autre chose"),
    "count": Message(
        "the entry says no records where something was served, or some where nothing was",
        "l'entrée dit aucune fiche où quelque chose fut servi, ou des fiches où rien ne le fut",
    ),
    "filter": Message("the entry says another filter", "l'entrée dit un autre filtre"),
    "places": Message("the entry names places that no page has", "l'entrée nomme des places qu'aucune page n'a"),
}

PROVEN: dict[str, Message] = {
    "missing": Message(
        "PROVEN. {node} answered {organisation} at {at} with the receipt {leaf}, and later signed that there is no "
        "such entry.",
        "PROUVÉ. {node} a répondu à {organisation} le {at} avec le reçu {leaf}, puis a signé qu'il n'y a pas de telle "
        "entrée.",
    ),
    "not_placed": Message(
        "PROVEN. {node} answered {organisation} at {at} with the receipt {leaf}, and a day later signed that the entry "
        "has no place in its log.",
        "PROUVÉ. {node} a répondu à {organisation} le {at} avec le reçu {leaf}, et un jour après a signé que l'entrée "
        "n'a pas de place dans son journal.",
    ),
    "false_entry": Message(
        "PROVEN. {node} answered {organisation} at {at} with the receipt {leaf}, and opens for it something that is "
        "not what was signed and answered ({detail}).",
        "PROUVÉ. {node} a répondu à {organisation} le {at} avec le reçu {leaf}, et ouvre pour lui autre chose que ce "
        "qui fut signé et répondu ({detail}).",
    ),
    "other_leaf": Message(
        "PROVEN. {node} answered {organisation} at {at} with the receipt {leaf}, and signed a head of its log in which "
        "another leaf stands in that place.",
        "PROUVÉ. {node} a répondu à {organisation} le {at} avec le reçu {leaf}, et a signé une tête de journal où une "
        "autre feuille est à cette place. Seule une restauration entre les deux, que son journal doit nommer "
        "(open_epoch), l'expliquerait.",
    ),
}
