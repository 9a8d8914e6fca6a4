"""Words around every page."""

FRAME = {
    "skip": ("To the content", "Au contenu"),
    "pages": ("Pages of the console", "Pages de la console"),
    "languages": ("Languages", "Langues"),
    "console": ("console", "console"),
    "place_overview": ("Overview", "Vue d'ensemble"),
    "place_trail": ("Trail", "Trace"),
    "place_organisations": ("Organisations", "Organisations"),
    "place_checkpoints": ("Checkpoints", "Points de contrôle"),
    "place_export": ("Export", "Export"),
    "place_people": ("People", "Personnes"),
    "account": ("Your session", "Votre session"),
    "passkeys": ("Passkeys", "Clés d'accès"),
    "sign_out": ("Sign out", "Se déconnecter"),
    "second_passkey": (
        "You have one passkey. Add a second one now: if the first is lost, it is your only way back in.",
        "Vous n'avez qu'une clé d'accès. Ajoutez-en une seconde : si la première se perd, c'est votre seul recours.",
    ),
    "second_passkey_add": ("Add a second passkey", "Ajouter une seconde clé d'accès"),
    "find": ("Find", "Chercher"),
    "find_label": ("Find in the trail", "Chercher dans la trace"),
    "find_hint": (
        "Request id, place in the log, receipt, key id, record (origin/id) or organisation.",
        "Identifiant de requête, rang dans le journal, reçu, identifiant de clé, fiche (origine/id) ou organisation.",
    ),
    "utc": (
        "Every time and day on these pages is UTC.",
        "Toutes les heures et tous les jours de ces pages sont en UTC.",
    ),
    "made_at": ("Page made", "Page établie le"),
    "entered": (
        "What you look at here is entered in the trail.",
        "Ce que vous consultez ici est inscrit dans la trace.",
    ),
    "none": ("none", "aucun"),
    "yes": ("yes", "oui"),
    "no": ("no", "non"),
    "good": ("In order", "En ordre"),
    "bad": ("Not in order", "Pas en ordre"),
    "unknown": ("Not known", "Inconnu"),
    "no_such_thing": ("Nothing found", "Rien trouvé"),
    "no_such_thing_why": (
        "There is no such thing, or it does not concern your organisation. This page never says which.",
        "Cela n'existe pas, ou ne concerne pas votre organisation. Cette page ne dit jamais lequel des deux.",
    ),
    "bad_filter": (
        "The address of this page holds a filter that there is not. Begin again from the trail.",
        "L'adresse de cette page contient un filtre qui n'existe pas. Recommencez depuis la trace.",
    ),
}
