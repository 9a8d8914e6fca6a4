"""What is said about opinions."""

from client.words.message import Message

OPINE = Message(
    "Say what one thinks of another organisation's record, RECORD being ORIGIN/ID: to all who have it, or to its "
    "origin alone. Again, it changes one's opinion.\n\nWith --file, of many records: NDJSON or CSV with origin, id, "
    "verdict, reviewed_by and perhaps reason, matches, from, to.",
    "Dire ce qu'on pense de la fiche d'une autre organisation, RECORD étant ORIGIN/ID : à tous ceux qui l'ont, ou à sa "
    "seule origine. De nouveau, cela change son avis.\n\nAvec --file, sur beaucoup de fiches : NDJSON ou CSV avec "
    "origin, id, verdict, reviewed_by et peut-être reason, matches, from, to.",
)
REASON = Message("Why; with disputed, not_actionable, outdated.", "Pourquoi ; avec disputed, not_actionable, outdated.")
REVIEWED_BY = Message("Who looked.", "Qui a regardé.")
MATCHES = Message("How often one met it.", "Combien de fois on l'a rencontré.")
FROM = Message("First day in which matches were counted.", "Premier jour du compte.")
TO = Message("Last day in which matches were counted.", "Dernier jour du compte.")
TO_ORIGIN_ONLY = Message(
    "Tell the record's origin alone, or all who have the record; else as one's opinion before, or all.",
    "Le dire à la seule origine, ou à tous ceux qui ont la fiche ; sans choix, comme l'avis d'avant, sinon à tous.",
)
EXPIRES = Message("Until when the opinion stands; else as long as the record.", "Jusqu'à quand ; sinon comme la fiche.")
FILE = Message(
    "Opinions on many records; `-` is standard input.", "Avis sur beaucoup de fiches ; `-` : entrée standard."
)
ONE_OR_FILE = Message("say RECORD and VERDICT, or --file", "donnez RECORD et VERDICT, ou --file")
REVIEWED_BY_NEEDED = Message("say --reviewed-by", "donnez --reviewed-by")
OPINIONS = Message(
    "Count the opinions on a record that one may see, RECORD being ORIGIN/ID.",
    "Compter les avis sur une fiche qu'on a le droit de voir, RECORD étant ORIGIN/ID.",
)
PURPOSE = Message("What it is for.", "Pour quelle finalité.")
COUNTED = Message(
    "seen {seen}, confirmed {confirmed}, disputed {disputed}, not actionable {not_actionable}, outdated {outdated}",
    "rencontré {seen}, confirmé {confirmed}, contesté {disputed}, sans suite possible {not_actionable}, "
    "dépassé {outdated}",
)
DISPUTED = Message("Somebody disputes it.", "Quelqu'un la conteste.")
