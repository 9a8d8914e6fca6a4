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
    "kinds_mixed": Message(
        "this file began with another kind; one file, one kind",
        "ce fichier a commencé par une autre sorte ; un fichier, une sorte",
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
    "group_ended": Message(
        "the group was withdrawn or ran out; ask its owner for a new one",
        "le groupe a été retiré ou a expiré ; demandez-en un nouveau à son propriétaire",
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
    "withdrawn": Message("it was withdrawn, which is final", "elle a été retirée, ce qui est définitif"),
    "expired": Message("the end of sharing is past", "la fin du partage est passée"),
    "opinion_taken": Message(
        "this organisation has an opinion on it already; pull, then change that one",
        "cette organisation a déjà un avis sur cette fiche ; relevez, puis changez celui-là",
    ),
    "about_oneself": Message(
        "an opinion is about another organisation's record; correct one's own by a revision",
        "un avis porte sur la fiche d'une autre organisation ; corrigez la sienne par une révision",
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
