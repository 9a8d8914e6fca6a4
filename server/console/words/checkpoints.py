"""Words of checkpoints and witnesses."""

CHECKPOINTS = {
    "checkpoints_title": ("Checkpoints and witnesses", "Points de contrôle et témoins"),
    "checkpoints_lede": (
        (
            "A checkpoint is the signed head of the log: so many entries, under this root. Whoever keeps one can prove "
            "later that nothing before it was changed."
        ),
        (
            "Un point de contrôle est l'état du journal, signé : tant d'entrées, sous cette racine. Qui en garde un "
            "peut prouver plus tard que rien d'antérieur n'a changé."
        ),
    ),
    "checkpoints_newest": ("Newest checkpoint", "Dernier point de contrôle"),
    "checkpoints_public": (
        "The public one, with its cosignatures",
        "Celui qui est public, avec ses cosignatures",
    ),
    "checkpoints_note": ("Signed note", "Note signée"),
    "checkpoints_log": ("Log", "Journal"),
    "checkpoints_size": ("Entries", "Entrées"),
    "checkpoints_root": ("Root", "Racine"),
    "checkpoints_signed": ("Signed (UTC)", "Signé (UTC)"),
    "checkpoints_keep": (
        "Keep this note outside this node: print it, or mail it to yourself.",
        "Gardez cette note hors de ce nœud : imprimez-la, ou envoyez-la-vous.",
    ),
    "checkpoints_witnesses": ("Witnesses", "Témoins"),
    "checkpoints_witnesses_lede": (
        "Other nodes that cosign this log's checkpoints only while each continues the one before.",
        "D'autres nœuds, qui ne cosignent que si chaque point de contrôle prolonge le précédent.",
    ),
    "checkpoints_witnesses_caption": ("Witnesses and what they cosigned last", "Témoins et leur dernière cosignature"),
    "checkpoints_witness": ("Witness", "Témoin"),
    "checkpoints_behind": ("Entries behind", "Entrées de retard"),
    "checkpoints_no_witnesses": (
        "No witness has cosigned this log. Two histories would show only when auditors compare.",
        "Aucun témoin n'a cosigné ce journal. Deux histoires ne se verraient qu'en comparant entre auditeurs.",
    ),
    "checkpoints_table": ("Earlier checkpoints", "Points de contrôle antérieurs"),
    "checkpoints_table_caption": ("Checkpoints, newest first", "Points de contrôle, le plus récent d'abord"),
    "checkpoints_cosigned": ("Cosigned by", "Cosigné par"),
    "checkpoints_none": ("No checkpoint has been signed yet.", "Aucun point de contrôle n'est encore signé."),
    "checkpoints_older": ("Older checkpoints", "Points de contrôle plus anciens"),
    "checkpoints_epoch": ("Epoch", "Époque"),
}
