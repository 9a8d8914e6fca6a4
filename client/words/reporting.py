"""What is said about incidents."""

from client.words.message import Message

INCIDENT = Message(
    "Report incidents: those of FILE (NDJSON or JSON, `-` is standard input), or one from the options.\n\nWith --id it "
    "changes one's own incident: what the options say is new, the rest stays. To take one back: havre withdraw.",
    "Signaler des incidents : ceux de FILE (NDJSON ou JSON, `-` : entrée standard), ou un seul par les options.\n\n"
    "Avec --id, changer son propre incident : ce que disent les options est nouveau, le reste demeure. Pour le "
    "reprendre : havre withdraw.",
)
ID = Message("Change this incident of one's own.", "Changer cet incident à soi.")
CLOSE = Message("With --id: nothing more is to be done about it.", "Avec --id : il n'y a plus rien à y faire.")
TYPE = Message("What happened.", "Ce qui s'est passé.")
STATE = Message("How far it is; open if left out.", "Où il en est ; open par défaut.")
SEVERITY = Message("How grave it is.", "Sa gravité.")
OCCURRED = Message(
    "When: a date, or two with a slash between: 2026-11-01/2026-11-03.",
    "Quand : une date, ou deux avec une barre entre elles : 2026-11-01/2026-11-03.",
)
PRECISION = Message("How precise that is; day if left out.", "Avec quelle précision ; day par défaut.")
REPORTED_AT = Message("When it was reported, RFC 3339 with Z.", "Quand il fut signalé, RFC 3339 avec Z.")
JURISDICTION = Message("A country, two letters; again for more.", "Un pays, deux lettres ; répéter au besoin.")
SERVICE_KIND = Message("On what kind of service.", "Sur quelle sorte de service.")
AI_STATUS = Message("Whether it was generated.", "S'il y a eu génération.")
AI_KIND = Message("How it was generated.", "Comment ce fut généré.")
SAFETY_CONTROL = Message("What stood in its way.", "Ce qui y faisait obstacle.")
FILES = Message("How many files.", "Combien de fichiers.")
ACCOUNTS = Message("How many accounts.", "Combien de comptes.")
VICTIMS = Message("How many victims.", "Combien de victimes.")
SIGNAL = Message(
    "A signal that belongs to it, ORIGIN/ID; again for more.", "Un signal qui s'y rattache, ORIGIN/ID ; répéter."
)
RELATED = Message(
    "Another incident that belongs to it, ORIGIN/ID; again for more.", "Un autre incident lié, ORIGIN/ID ; répéter."
)
REFERENCE = Message(
    "Its number in another system, SYSTEM:NUMBER; again for more.",
    "Son numéro dans un autre système, SYSTEM:NUMBER ; répéter.",
)
HANDLING = Message("What was done; again for more.", "Ce qui fut fait ; répéter au besoin.")
SUMMARY = Message(
    "A sentence without names, addresses or anything personal.", "Une phrase sans noms, adresses ni rien de personnel."
)
FILE_OR_OPTIONS = Message(
    "say a FILE, or the incident's members by options, not both",
    "donnez un FILE, ou les membres de l'incident par des options, pas les deux",
)
CLOSE_NEEDS_ID = Message("--close goes with --id", "--close va avec --id")
TERMS_STAY = Message(
    "an incident keeps its terms but --expires; withdraw it and report it anew for others",
    "un incident garde ses conditions sauf --expires ; retirez-le et signalez-le de nouveau pour d'autres",
)
NOT_A_REFERENCE = Message("not SYSTEM:NUMBER", "pas SYSTEM:NUMBER")
STATE_OR_CLOSE = Message("--close or --state, not both", "--close ou --state, pas les deux")
