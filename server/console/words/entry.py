"""Words of one entry: what each member means, its records, its proof, and the steps of verifying it."""

ENTRY = {
    "entry_title": ("Entry {index}", "Entrée {index}"),
    "entry_waiting": ("Entry, not yet placed", "Entrée encore sans rang"),
    "entry_erased": (
        (
            "The text of this entry was erased after its retention. Its leaf stays in the log, and the entry that "
            "erased it is in the trail."
        ),
        (
            "Le texte de cette entrée a été effacé après sa durée de conservation. Sa feuille reste au journal, et "
            "l'entrée qui l'a effacé est dans la trace."
        ),
    ),
    "entry_altered": (
        (
            "The text of this entry does not make its leaf: it was changed after it was written. Keep this page and "
            "export a proof bundle."
        ),
        (
            "Le texte de cette entrée ne fait pas sa feuille : il a été changé après coup. Gardez cette page et "
            "exportez un dossier de preuve."
        ),
    ),
    "entry_previous": ("Entry before", "Entrée précédente"),
    "entry_next": ("Entry after", "Entrée suivante"),
    "entry_neighbours": ("Neighbouring entries", "Entrées voisines"),
    "entry_records": ("Records of this entry", "Fiches de cette entrée"),
    "entry_records_lede": (
        "Each leads to everybody who received it.",
        "Chacune mène à tous ceux qui l'ont reçue.",
    ),
    "entry_record": ("Record", "Fiche"),
    "entry_exposure": ("Who received it", "Qui l'a reçue"),
    "entry_records_more": (
        "The first {count} are shown.",
        "Les {count} premières sont montrées.",
    ),
    "entry_served": ("What was served", "Ce qui a été servi"),
    "entry_served_link": (
        "What {organisation} received, from this entry on",
        "Ce que {organisation} a reçu, à partir de cette entrée",
    ),
    "entry_members": ("What the entry says", "Ce que dit l'entrée"),
    "entry_members_caption": ("Every member of entry {index}", "Chaque membre de l'entrée {index}"),
    "entry_member": ("Member", "Membre"),
    "entry_value": ("Value", "Valeur"),
    "entry_meaning": ("Meaning", "Sens"),
    "entry_request": ("The signed request", "La requête signée"),
    "entry_request_lede": (
        "These bytes were signed by the organisation's own key (RFC 9421). The node cannot make them up.",
        "Ces octets ont été signés par la clé de l'organisation elle-même (RFC 9421). Le nœud ne peut les inventer.",
    ),
    "entry_request_digest": (
        "The request was refused: the entry keeps only a digest of what was signed.",
        "La requête a été refusée : l'entrée ne garde que l'empreinte de ce qui a été signé.",
    ),
    "entry_request_none": (
        "No signed request stands behind this entry: it was made at the console, or by the node itself.",
        "Aucune requête signée derrière cette entrée : elle vient de la console, ou du nœud lui-même.",
    ),
    "entry_proof": ("Proof", "Preuve"),
    "entry_leaf": ("Leaf (receipt)", "Feuille (reçu)"),
    "entry_salt": ("Salt", "Sel"),
    "entry_p": ("What the act stored (p)", "Ce que l'acte a conservé (p)"),
    "entry_text": ("Exact text of the entry", "Texte exact de l'entrée"),
    "entry_path": ("Path to the root", "Chemin vers la racine"),
    "entry_path_caption": (
        "From leaf {index} to the root of {size} entries",
        "De la feuille {index} à la racine de {size} entrées",
    ),
    "entry_path_step": ("Step", "Étape"),
    "entry_path_hash": ("Sibling hash", "Empreinte voisine"),
    "entry_path_none": (
        "Not in a signed checkpoint yet; one follows within a second.",
        "Pas encore dans un point de contrôle signé ; il suit en une seconde.",
    ),
    "entry_verify": ("Verify in this browser", "Vérifier dans ce navigateur"),
    "entry_verify_lede": (
        "Your browser computes every step itself, from what stands on this page and from the log's public files.",
        "Votre navigateur calcule lui-même chaque étape, à partir de cette page et des fichiers publics du journal.",
    ),
    "entry_verify_button": ("Verify", "Vérifier"),
    "entry_verify_needs": (
        "This needs JavaScript with Ed25519. Without it, use the command below.",
        "Il faut JavaScript avec Ed25519. Sans cela, prenez la commande ci-dessous.",
    ),
    "entry_verify_caption": ("Steps of the verification", "Étapes de la vérification"),
    "entry_step": ("Step", "Étape"),
    "entry_computed": ("What was computed", "Ce qui a été calculé"),
    "entry_step_waits": ("not begun", "non commencée"),
    "entry_step_runs": ("computing", "calcul en cours"),
    "entry_step_good": ("holds", "tient"),
    "entry_step_bad": ("does NOT hold", "ne tient PAS"),
    "entry_step_left": ("does not apply", "sans objet"),
    "step_leaf": (
        "The leaf is the digest of this text, its salt and p",
        "La feuille est l'empreinte de ce texte, de son sel et de p",
    ),
    "step_statement": (
        "The organisation's root signed the statement that names the key",
        "La racine de l'organisation a signé la déclaration qui nomme la clé",
    ),
    "step_request": (
        "The key signed the request that the entry tells",
        "La clé a signé la requête que raconte l'entrée",
    ),
    "step_checkpoint": (
        "The log's key, named by the node's root, signed the public checkpoint",
        "La clé du journal, nommée par la racine du nœud, a signé le point de contrôle public",
    ),
    "step_inclusion": (
        "The leaf stands at its place under the checkpoint's root",
        "La feuille est à son rang sous la racine du point de contrôle",
    ),
    "entry_verified": (
        "Every step holds. Compare the root keys with those that you were given on paper.",
        "Chaque étape tient. Comparez les clés racines avec celles que l'on vous a remises sur papier.",
    ),
    "entry_not_verified": (
        "A step does not hold. Keep this page and export a proof bundle: this may be tampering.",
        "Une étape ne tient pas. Gardez cette page et exportez un dossier de preuve : ce peut être une altération.",
    ),
    "entry_not_computed": (
        "It could not be computed to the end. Try again, or use the command below.",
        "Le calcul n'a pu être mené au bout. Réessayez, ou prenez la commande ci-dessous.",
    ),
    "entry_root_of": ("Root key of {organisation}", "Clé racine de {organisation}"),
    "entry_offline": ("Verify without this node", "Vérifier sans ce nœud"),
    "entry_offline_lede": (
        "Export this entry as a proof bundle, and check it on a machine of yours:",
        "Exportez cette entrée en dossier de preuve, et vérifiez-la sur une machine à vous :",
    ),
    "entry_bundle": ("Export the proof bundle", "Exporter le dossier de preuve"),
    "entry_same": ("More like it", "Entrées proches"),
    "entry_same_organisation": ("All entries of {organisation}", "Toutes les entrées de {organisation}"),
    "entry_same_key": ("All entries of this key", "Toutes les entrées de cette clé"),
}

MEMBERS = {
    "v": ("Version of the entry's form.", "Version de la forme de l'entrée."),
    "id": ("Request id; the answer carried it.", "Identifiant de requête ; la réponse le portait."),
    "at": ("When the node judged the request, UTC.", "Quand le nœud a jugé la requête, UTC."),
    "node": ("The node that keeps this log.", "Le nœud qui tient ce journal."),
    "organisation": ("Whose act it was.", "De qui était l'acte."),
    "keyid": ("The key that signed the request, or the passkey.", "La clé qui a signé la requête, ou la clé d'accès."),
    "role": ("The role that allowed it.", "Le rôle qui l'a permis."),
    "action": ("What was done, or asked.", "Ce qui a été fait, ou demandé."),
    "purpose": ("Why, as the caller declared it; not proven.", "Pourquoi, selon l'appelant ; non prouvé."),
    "decision": ("Whether the node did it.", "Si le nœud l'a fait."),
    "reason": ("Why it was refused.", "Pourquoi c'est refusé."),
    "target": (
        "What was asked for; a digest where it was refused.",
        "Ce qui a été demandé ; une empreinte si c'est refusé.",
    ),
    "signature_base": (
        "The exact text that was signed; a digest where it was refused.",
        "Le texte exact qui a été signé ; une empreinte si c'est refusé.",
    ),
    "signature": ("The request's signature, Ed25519.", "La signature de la requête, Ed25519."),
    "response_status": ("HTTP status of the answer.", "Statut HTTP de la réponse."),
    "response_digest": ("SHA-256 of the answer's body.", "SHA-256 du corps de la réponse."),
    "records": ("How many records went in or out.", "Combien de fiches sont entrées ou sorties."),
    "served": ("Root over all documents that were served.", "Racine de tous les documents servis."),
    "filter": ("What the caller asked the feed for.", "Ce que l'appelant a demandé au fil."),
    "from": ("Place in the feed where the page began.", "Place dans le fil où la page commence."),
    "to": ("Place in the feed where the page ended.", "Place dans le fil où la page finit."),
    "tlp": ("Sharing label of what was pushed.", "Marquage de partage de ce qui a été déposé."),
    "policy": ("Digest of the node's screening rules.", "Empreinte des règles de filtrage du nœud."),
}
"""What each member of `entry/1` means."""
