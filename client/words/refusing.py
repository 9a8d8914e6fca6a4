"""Why a record was refused: a sentence for each code that a person can do something about."""

from client.words.message import Message

CODES: dict[str, Message] = {
    "required": Message("this member is missing", "ce membre manque"),
    "unknown_member": Message("there is a member here that is not known", "il y a ici un membre inconnu"),
    "wrong_type": Message("another type of value is needed", "il faut un autre type de valeur"),
    "not_one_of": Message("not one of the words that may stand here", "ce n'est pas un des mots permis ici"),
    "pattern": Message(
        "not of the form, or a value that is always refused", "pas de la forme voulue, ou une valeur toujours refusée"
    ),
    "range": Message("the number is out of its bounds", "le nombre est hors de ses bornes"),
    "length": Message("too short, too long, too few or too many", "trop court, trop long, trop peu ou trop"),
    "not_sorted": Message("the list is not in order", "la liste n'est pas en ordre"),
    "not_unique": Message("something stands twice", "quelque chose figure deux fois"),
    "red_is_for_persons": Message(
        "TLP:RED is for persons, never for organisations", "TLP:RED est pour des personnes, jamais des organisations"
    ),
    "terms_missing": Message(
        "neither the row nor an option says tlp and expires; there is no default",
        "ni la ligne ni une option ne dit tlp et expires ; il n'y a pas de valeur par défaut",
    ),
    "terms_form": Message(
        "these terms are none that a batch can have", "ces conditions ne sont pas de celles qu'un lot peut avoir"
    ),
    "kind_differs": Message(
        "another kind than the file's first row or the command is about: one file, one kind",
        "une autre sorte que celle de la première ligne ou de la commande : un fichier, une sorte",
    ),
    "use_group_command": Message(
        "a group is shared by: havre group create", "un groupe se partage par : havre group create"
    ),
    "not_json": Message("the line is no JSON", "la ligne n'est pas du JSON"),
    "not_an_object": Message("the line is no object", "la ligne n'est pas un objet"),
    "wrong_number_of_cells": Message(
        "the row has more or fewer cells than the header", "la ligne a plus ou moins de cellules que l'en-tête"
    ),
    "bad_cell": Message(
        "a cell is not of its column's type, holds a line break or a formula, or the column leads nowhere",
        "une cellule n'a pas le type de sa colonne, contient un saut de ligne ou une formule, ou la colonne ne mène "
        "nulle part",
    ),
    "line_too_long": Message("the record is too long", "la fiche est trop longue"),
    "unknown_record": Message(
        "no record of that name is known here; pull first", "aucune fiche de ce nom n'est connue ici ; relevez d'abord"
    ),
    "unknown_group": Message(
        "no such group, or this organisation is not in it; ask its owner, or look at: havre group list",
        "pas de tel groupe, ou cette organisation n'y est pas ; demandez au propriétaire, ou voyez : havre group list",
    ),
    "group_expired": Message(
        "the group ran out; its owner can create a new one",
        "le groupe a expiré ; son propriétaire peut en créer un nouveau",
    ),
    "unknown_organisation": Message(
        "the node's directory has no such organisation; look at the spelling",
        "l'annuaire du nœud n'a pas cette organisation ; voyez l'orthographe",
    ),
    "observer_cannot_share": Message(
        "an observer reads and does not share; the group's owner can make this organisation a member",
        "un observateur lit et ne partage pas ; le propriétaire du groupe peut faire de cette organisation un membre",
    ),
    "owner_not_member": Message(
        "the owner of a group is a member of it, never an observer",
        "le propriétaire d'un groupe en est membre, jamais observateur",
    ),
    "revision_taken": Message(
        "another machine of this organisation has changed it meanwhile; pull, look at it, and make the change again",
        "une autre machine de cette organisation l'a changé entre-temps ; relevez, regardez, et refaites le changement",
    ),
    "revision_stale": Message(
        "a newer revision is known to the node; pull, look at it, and make the change again",
        "le nœud connaît une révision plus récente ; relevez, regardez, et refaites le changement",
    ),
    "already_shared": Message("this very line is shared already", "cette ligne même est déjà partagée"),
    "value_already_shared": Message(
        "this organisation shares this value under the same terms already; name its id to change it",
        "cette organisation partage déjà cette valeur aux mêmes conditions ; nommez son id pour la changer",
    ),
    "record_withdrawn": Message("it was withdrawn, which is final", "elle a été retirée, ce qui est définitif"),
    "expired": Message("the end of sharing is past", "la fin du partage est passée"),
    "opinion_already_given": Message(
        "this organisation has an opinion on it already; pull, then change that one",
        "cette organisation a déjà un avis sur cette fiche ; relevez, puis changez celui-là",
    ),
    "own_record": Message(
        "an opinion is about another organisation's record; correct one's own by a revision",
        "un avis porte sur la fiche d'une autre organisation ; corrigez la sienne par une révision",
    ),
    "rule_audience": Message(
        "an opinion goes to exactly those who have the record, or with --to-origin-only to its origin",
        "un avis va exactement à qui a la fiche, ou avec --to-origin-only à sa seule origine",
    ),
    "rule_amber_names_somebody": Message(
        "AMBER and AMBER+STRICT name at least one group or organisation",
        "AMBER et AMBER+STRICT nomment au moins un groupe ou une organisation",
    ),
    "rule_lifetime": Message(
        "the end is past, or more than five years away", "la fin est passée, ou dans plus de cinq ans"
    ),
    "rule_open_to_all_names_nobody": Message(
        "CLEAR and GREEN are for every member and name no group",
        "CLEAR et GREEN sont pour tous les membres et ne nomment aucun groupe",
    ),
    "rule_open_to_all_names_no_organisation": Message(
        "CLEAR and GREEN are for every member and name no organisation",
        "CLEAR et GREEN sont pour tous les membres et ne nomment aucune organisation",
    ),
    "rule_reason_of_a_contrary_verdict": Message(
        "disputed, not_actionable and outdated need a reason", "disputed, not_actionable et outdated veulent une raison"
    ),
    "rule_reason_of_a_contrary_verdict_only": Message(
        "a reason goes with disputed, not_actionable and outdated only",
        "une raison va avec disputed, not_actionable et outdated seulement",
    ),
    "expires_too_early": Message(
        "it must not end before what it replaces", "elle ne doit pas finir avant ce qu'elle remplace"
    ),
    "history_changed": Message(
        "what newcomers get is fixed when a group is created", "ce que reçoivent les nouveaux est fixé à la création"
    ),
    "too_many_streams": Message(
        "this organisation has too many different audiences; use fewer",
        "cette organisation a trop d'audiences différentes ; prenez-en moins",
    ),
    "group_name_taken": Message(
        "this organisation has a live group of that name already; change that one: havre group list",
        "cette organisation a déjà un groupe vivant de ce nom ; changez celui-là : havre group list",
    ),
    "not_own_group": Message(
        "only its owner changes or withdraws a group", "seul son propriétaire change ou retire un groupe"
    ),
    "not_in_group": Message("the group does not name that organisation", "le groupe ne nomme pas cette organisation"),
    "already_used": Message("this was handed in before", "ceci fut déjà remis"),
    "holder_is_person": Message(
        "this holder has joined already; end that person first: havre people end",
        "ce titulaire est déjà venu ; mettez d'abord fin à cette personne : havre people end",
    ),
    "role_not_given": Message(
        "no key of this organisation that holds now has this role; list one, and have it admitted",
        "aucune clé en vigueur de cette organisation n'a ce rôle ; listez-en une, et faites-la admettre",
    ),
    "roles_of_holder_apart": Message(
        "this holder has keys with roles that are kept apart from these: who checks is not who acts",
        "ce titulaire a des clés aux rôles incompatibles : qui contrôle n'est pas qui agit",
    ),
    "rule_auditor_apart": Message(
        "who audits is neither administrator nor operator nor contributor",
        "qui audite n'est ni administrateur, ni opérateur, ni contributeur",
    ),
    "node_without_name": Message(
        "the node's public address is an IP address, for which nobody can have a passkey; its operator can change that",
        "l'adresse publique du nœud est une adresse IP, sans clé d'accès possible ; son opérateur peut y remédier",
    ),
    "media": Message("it looks like a picture or a video", "cela ressemble à une image ou à une vidéo"),
    "personal_data": Message("it looks like personal data", "cela ressemble à des données personnelles"),
    "clear_url": Message("it holds an address in clear", "cela contient une adresse en clair"),
}
"""By the code of a refused member."""

REFUSED = Message("  {id} {pointer} {code}: {why}", "  {id} {pointer} {code} : {why}")
REFUSED_UNEXPLAINED = Message("  {id} {pointer} {code}", "  {id} {pointer} {code}")


def explain(*, pointer: str, code: str, record_id: str = "") -> str:
    """Return one line that says where a record was refused, by which code, and why."""
    why = CODES.get(code)
    where = pointer or "/"
    if why is None:
        return REFUSED_UNEXPLAINED(id=record_id, pointer=where, code=code).replace("   ", "  ")
    return REFUSED(id=record_id, pointer=where, code=code, why=why()).replace("   ", "  ")
