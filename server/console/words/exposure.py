"""Words of the exposure reports: to whom a record, or an organisation's records, were released."""

EXPOSURE = {
    "exposure_title": ("Who received this record", "Qui a reçu cette fiche"),
    "exposure_record": ("Record", "Fiche"),
    "exposure_said": (
        "Released {releases} times, to {organisations} organisations.",
        "Communiquée {releases} fois, à {organisations} organisations.",
    ),
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
    "exposure_node": ("Its node", "Son nœud"),
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
    "exposure_waits": (
        "Read up to entry {index}; what came after follows within a second.",
        "Lu jusqu'à l'entrée {index} ; la suite vient en une seconde.",
    ),
    "exposure_more": (
        "More than {count} releases; the first are shown. Narrow the days, or export.",
        "Plus de {count} communications ; les premières sont montrées. Réduisez les jours, ou exportez.",
    ),
    "exposed_title": ("Records of {organisation}: who received them", "Fiches de {organisation} : qui les a reçues"),
    "exposed_said": (
        "What was released of this organisation's records, by receiver and purpose.",
        "Ce qui fut communiqué des fiches de cette organisation, par destinataire et finalité.",
    ),
    "exposed_none": (
        "No record of this organisation was released to another.",
        "Aucune fiche de cette organisation n'a été communiquée à une autre.",
    ),
    "exposed_caption": ("Releases of this organisation's records", "Communications des fiches de cette organisation"),
    "exposed_records": ("Records", "Fiches"),
    "exposed_answers": ("Answers", "Réponses"),
}
