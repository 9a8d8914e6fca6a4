"""What is said about groups."""

from client.words.message import Message

GROUP = Message(
    "Create, look at and change groups: who shares with whom, signed by the owner.",
    "Créer, regarder et changer des groupes : qui partage avec qui, signé par le propriétaire.",
)
CREATE = Message(
    "Create a group. This organisation owns it and is a member; the name to share with, OWNER/ID, is printed.",
    "Créer un groupe. Cette organisation le possède et en est membre ; le nom pour partager, OWNER/ID, est imprimé.",
)
NAME = Message("The group's name for people.", "Le nom du groupe pour les gens.")
PURPOSE_TEXT = Message("What the group is for, in a sentence.", "À quoi sert le groupe, en une phrase.")
MEMBER = Message(
    "An organisation that shares and reads; again for more.", "Une organisation qui partage et lit ; répéter au besoin."
)
OBSERVER = Message("An organisation that only reads; again for more.", "Une organisation qui lit ; répéter au besoin.")
AS_OBSERVER = Message("They only read.", "Elles ne font que lire.")
HISTORY = Message(
    "What newcomers get: `all`, the past too, or `from_joining`. It can never be changed.",
    "Ce que reçoivent les nouveaux : `all`, aussi le passé, ou `from_joining`. Cela ne se change jamais.",
)
EXPIRES = Message("Until when the group lives.", "Jusqu'à quand vit le groupe.")
NEW_EXPIRES = Message(
    "Until when the group lives, no earlier than before.", "Jusqu'à quand vit le groupe, pas plus tôt qu'avant."
)
SECTORS = Message("Whom the group is meant for; again for more.", "Pour qui est le groupe ; répéter au besoin.")
DEFAULT_TLP = Message("The sharing limit that the group advises.", "La limite de diffusion que conseille le groupe.")
SHOW = Message("Show a group that is known here.", "Montrer un groupe connu ici.")
LIST = Message("List the live groups that are known here.", "Lister les groupes vivants connus ici.")
ADD = Message(
    "Let organisations into one's own group, or give them another role.",
    "Faire entrer des organisations dans son groupe, ou leur donner un autre rôle.",
)
REMOVE = Message(
    "Take organisations out of one's own group; they are told to delete what they had by it.",
    "Ôter des organisations de son groupe ; on leur dit d'effacer ce qu'elles en avaient.",
)
CHANGE = Message(
    "Change name, purpose or end of one's own group; what is not said stays.",
    "Changer le nom, l'objet ou la fin de son groupe ; ce qui n'est pas dit reste.",
)
WITHDRAW = Message(
    "End one's own group for everyone in it, for good.", "Mettre fin à son groupe pour tous, définitivement."
)
NOTHING_CHANGES = Message("say what changes", "dites ce qui change")
SHOWN = Message(
    "{group} · {name}\n{purpose_text}\nuntil {expires} · history {history} · revision {revision}",
    "{group} · {name}\n{purpose_text}\njusqu'au {expires} · historique {history} · révision {revision}",
)
NO_GROUPS = Message("No groups are known here.", "Aucun groupe n'est connu ici.")
