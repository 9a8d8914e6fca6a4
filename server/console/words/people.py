"""Words of the people of an organisation."""

PEOPLE = {
    "people_title": ("People", "Personnes"),
    "people_lede": (
        "Who of {organisation} may use this console, and who was invited.",
        "Qui, chez {organisation}, peut utiliser cette console, et qui y est invité.",
    ),
    "people_caption": ("Persons", "Personnes"),
    "people_holder": ("Holder", "Titulaire"),
    "people_roles": ("Roles", "Rôles"),
    "people_passkeys": ("Passkeys", "Clés d'accès"),
    "people_joined": ("Joined (UTC)", "Arrivée (UTC)"),
    "people_seen": ("Last sign-in (UTC)", "Dernière connexion (UTC)"),
    "people_state": ("State", "État"),
    "people_active": ("active", "active"),
    "people_ended": ("ended", "terminée"),
    "people_none": ("Nobody has joined yet.", "Personne n'est encore arrivé."),
    "people_invitations": ("Invitations", "Invitations"),
    "people_invitations_caption": ("Invitations, newest first", "Invitations, la plus récente d'abord"),
    "people_invitations_none": ("No invitation is open.", "Aucune invitation n'est ouverte."),
    "people_invited": ("Signed (UTC)", "Signée (UTC)"),
    "people_expires": ("Expires (UTC)", "Expire (UTC)"),
    "people_open": ("open", "ouverte"),
    "people_used": ("used", "utilisée"),
    "people_over": ("run out", "échue"),
    "people_invite": ("Invite somebody", "Inviter quelqu'un"),
    "people_invite_lede": (
        "An invitation is signed with your administrator's key, so it is made on your own machine:",
        "Une invitation est signée avec votre clé d'administrateur ; elle se fait donc sur votre machine :",
    ),
}
