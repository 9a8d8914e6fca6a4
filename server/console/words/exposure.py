"""Words of the exposure reports: to whom a record, or an organisation's records, were released."""

EXPOSURE = {
    "exposure_title": ("Who received this record", "Qui a reçu cette fiche"),
    "exposure_record": ("Record", "Fiche"),
    "exposure_said": ("Released to:", "Communiquée à :"),
    "exposure_said_none": ("Released to nobody so far.", "Communiquée à personne à ce jour."),
    "exposure_limit": (
        (
            "Released means sent by the node in a signed answer; whether it arrived, only the receiver knows. "
            "The purpose is what the receiver declared."
        ),
        (
            "Communiquée veut dire envoyée par le nœud dans une réponse signée ; l'arrivée, seul le destinataire la "
            "connaît. La finalité est celle que le destinataire a déclarée."
        ),
    ),
    "exposure_recipients": ("By organisation", "Par organisation"),
    "exposure_recipients_caption": ("Organisations that received it", "Organisations qui l'ont reçue"),
    "exposure_releases": ("Each release", "Chaque communication"),
    "exposure_releases_caption": ("Releases, oldest first", "Communications, la plus ancienne d'abord"),
    "exposure_revisions": ("Revisions", "Révisions"),
    "exposure_revisions_caption": ("Revisions of the record", "Révisions de la fiche"),
    "exposure_revision": ("Revision", "Révision"),
    "exposure_batch": ("Batch", "Lot"),
    "exposure_organisation": ("Organisation", "Organisation"),
    "exposure_at": ("Time (UTC)", "Heure (UTC)"),
    "exposure_purpose": ("Purpose", "Finalité"),
    "exposure_purposes": ("Purposes", "Finalités"),
    "exposure_how": ("By", "Par"),
    "exposure_key": ("Key", "Clé"),
    "exposure_entry": ("Entry", "Entrée"),
    "exposure_first": ("First (UTC)", "Première (UTC)"),
    "exposure_last": ("Last (UTC)", "Dernière (UTC)"),
    "exposure_times": ("Times", "Fois"),
    "exposure_trail": ("All entries about this record", "Toutes les entrées sur cette fiche"),
    "exposure_said_part": (
        "One part of many releases; every part tells its own.",
        "Une partie de nombreuses communications ; chaque partie dit les siennes.",
    ),
    "exposure_as_node": ("as a node, for those at home there", "en tant que nœud, pour ses rattachés"),
    "exposure_withdrawal": ("(withdrawal)", "(retrait)"),
    "exposure_next": ("Later releases", "Communications suivantes"),
    "exposure_until": (
        "Computed from the log up to entry {index}; what came after follows within a second.",
        "Calculé à partir du journal jusqu'à l'entrée {index} ; la suite vient en une seconde.",
    ),
    "exposure_incomplete": (
        "Entries since then have lost their text after their retention: what these released is not told here.",
        (
            "Des entrées depuis lors ont perdu leur texte après leur durée de conservation : ce qu'elles ont "
            "communiqué n'est pas dit ici."
        ),
    ),
    "received_title": ("What {organisation} received", "Ce que {organisation} a reçu"),
    "received_said": (
        "Records released to this organisation, in the order of the log.",
        "Fiches communiquées à cette organisation, dans l'ordre du journal.",
    ),
    "received_none": (
        "No record of another organisation was released to it.",
        "Aucune fiche d'une autre organisation ne lui a été communiquée.",
    ),
    "received_kind": ("Kind", "Genre"),
}
