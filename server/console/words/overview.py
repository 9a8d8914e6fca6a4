"""Words of the overview."""

OVERVIEW = {
    "overview_title": ("Overview", "Vue d'ensemble"),
    "overview_of_all": (
        "The trail of {node}, all organisations. Metadata only: no page here shows a record's value.",
        (
            "La trace d'accès de {node}, toutes organisations. Métadonnées seules : aucune page ne montre la valeur "
            "d'une fiche."
        ),
    ),
    "overview_of_own": (
        (
            "The trail of {node}, as far as it concerns {organisation}: its own acts, and all access to its records. "
            "No page here shows a record's value."
        ),
        (
            "La trace d'accès de {node}, pour ce qui concerne {organisation} : ses actes, et tout accès à ses fiches. "
            "Aucune page ne montre la valeur d'une fiche."
        ),
    ),
    "overview_of_keeper": (
        "Organisations, keys and people, for administrators of {organisation}. The trail itself is for auditors.",
        (
            "Organisations, clés et personnes, pour les administrateurs de {organisation}. La trace d'accès "
            "elle-même est réservée aux auditeurs."
        ),
    ),
    "overview_proof": ("Is the trail whole?", "La trace d'accès est-elle entière ?"),
    "overview_proof_good": (
        "Every check that this page can make is in order.",
        "Tout ce que cette page peut contrôler est en ordre.",
    ),
    "overview_proof_bad": (
        "A check failed. Keep this page and the newest checkpoint, and export a proof bundle now.",
        "Un contrôle a échoué. Gardez cette page et le dernier point de contrôle, et exportez un dossier de preuve.",
    ),
    "overview_proof_limit": (
        (
            "These checks are made by the node itself, but for the last. Whoever does not trust it exports a proof "
            "bundle and checks it offline."
        ),
        (
            "Ces contrôles sont faits par le nœud lui-même, sauf le dernier. Qui ne s'y fie pas exporte un dossier de "
            "preuve et le vérifie hors ligne."
        ),
    ),
    "overview_check": ("Check", "Contrôle"),
    "overview_result": ("Result", "Résultat"),
    "overview_detail": ("Detail", "Détail"),
    "check_root": (
        "The newest checkpoint's root is the root of the stored tree",
        "La racine du dernier point de contrôle est celle de l'arbre conservé",
    ),
    "check_age": ("The newest checkpoint is recent", "Le dernier point de contrôle est récent"),
    "check_grows": (
        "The newest checkpoint continues the one before",
        "Le dernier point de contrôle prolonge le précédent",
    ),
    "check_entries": (
        "Entries, the newest and others at random, make their leaves",
        "Des entrées, les dernières et d'autres au hasard, font leurs feuilles",
    ),
    "check_entries_detail": ("{count} entries computed", "{count} entrées calculées"),
    "check_entries_bad": (
        "entry {index} does not make its leaf: it was changed or removed",
        "l'entrée {index} ne fait pas sa feuille : elle a été changée ou retirée",
    ),
    "check_grows_first": ("first checkpoint of epoch {epoch}", "premier point de contrôle de l'époque {epoch}"),
    "check_browser": (
        "The log continues what this browser saw last",
        "Le journal prolonge ce que ce navigateur a vu en dernier",
    ),
    "check_root_detail": ("{size} entries, root {root}", "{size} entrées, racine {root}"),
    "check_root_differs": ("the tree gives {root}", "l'arbre donne {root}"),
    "check_age_detail": ("signed {seconds} s before this page", "signé {seconds} s avant cette page"),
    "check_age_waits": (
        "signed {seconds} s before this page, though entries wait",
        "signé {seconds} s avant cette page, alors que des entrées attendent",
    ),
    "check_grows_detail": ("{first} entries, then {second}", "{first} entrées, puis {second}"),
    "check_nothing": ("no checkpoint yet", "pas encore de point de contrôle"),
    "check_tiles_gone": ("the tree could not be read", "l'arbre n'a pu être lu"),
    "check_browser_waits": (
        "needs JavaScript; the browser computes it from the public tiles",
        "demande JavaScript ; le navigateur le calcule à partir des tuiles publiques",
    ),
    "check_browser_first": (
        "seen for the first time: {second} entries, now remembered",
        "vu pour la première fois : {second} entrées, désormais retenues",
    ),
    "check_browser_good": (
        "{first} entries then, {second} now, nothing before changed",
        "{first} entrées alors, {second} à présent, rien d'antérieur n'a changé",
    ),
    "check_browser_bad": (
        "it does not: {first} entries were seen with another root. Both checkpoints are kept in this browser",
        "non : {first} entrées ont été vues avec une autre racine. Les deux points de contrôle sont gardés ici",
    ),
    "check_browser_epoch": (
        "a new epoch of the log began after a restore; what was seen of the old one is kept in this browser",
        "une nouvelle époque du journal a suivi une restauration ; ce qui a été vu de l'ancienne est gardé ici",
    ),
    "check_browser_failed": ("could not be computed", "n'a pu être calculé"),
    "overview_days": ("Entries a day, by decision", "Entrées par jour, par décision"),
    "overview_days_caption": (
        "Entries a day from {first} to {last}, by decision",
        "Entrées par jour du {first} au {last}, par décision",
    ),
    "overview_days_sum": (
        "Allowed: {allowed}. Refused: {refused}. From {first} to {last}.",
        "Accordées : {allowed}. Refusées : {refused}. Du {first} au {last}.",
    ),
    "overview_days_none": ("No entry from {first} to {last}.", "Aucune entrée du {first} au {last}."),
    "overview_day": ("Day (UTC)", "Jour (UTC)"),
    "overview_all": ("all", "total"),
    "overview_numbers": ("The same in numbers", "Les mêmes en chiffres"),
    "overview_releases": ("What was pushed last", "Derniers dépôts"),
    "overview_releases_lede": (
        "From a push to its records, and from a record to everybody who received it.",
        "D'un dépôt à ses fiches, et d'une fiche à tous ceux qui l'ont reçue.",
    ),
    "overview_releases_none": ("Nothing was pushed yet.", "Rien n'a encore été déposé."),
    "overview_organisations": ("Organisations", "Organisations"),
    "overview_busiest_caption": (
        "The most active, by entries from {first} to {last}",
        "Les plus actives, par entrées du {first} au {last}",
    ),
    "overview_organisations_counted": (
        "{active} active, {suspended} suspended.",
        "{active} actives, {suspended} suspendues.",
    ),
    "overview_entries": ("Entries", "Entrées"),
    "overview_checkpoint": ("Last checkpoint", "Dernier point de contrôle"),
    "overview_size": ("Entries in the log", "Entrées au journal"),
    "overview_signed": ("Signed", "Signé"),
    "overview_witnesses": ("Cosigned by", "Cosigné par"),
    "overview_no_witnesses": (
        "no witness: two histories would show only when auditors compare",
        "aucun témoin : deux histoires ne se verraient qu'en comparant entre auditeurs",
    ),
    "overview_all_organisations": ("All organisations", "Toutes les organisations"),
    "overview_all_checkpoints": ("All checkpoints and witnesses", "Tous les points de contrôle et témoins"),
    "overview_all_entries": ("All entries", "Toutes les entrées"),
}
