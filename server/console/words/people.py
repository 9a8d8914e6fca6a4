"""Words of the people of an organisation."""

PEOPLE = {
    "people_title": ("People", "Personnes"),
    "people_lede": (
        "Who of {organisation} may use this console, and who was invited.",
        "Qui, chez {organisation}, peut utiliser cette console, et qui y est invité.",
    ),
    "people_caption": ("Invitations and persons, newest first", "Invitations et personnes, les plus récentes d'abord"),
    "people_holder": ("Holder", "Titulaire"),
    "people_roles": ("Roles", "Rôles"),
    "people_passkeys": ("Passkeys", "Clés d'accès"),
    "people_joined": ("Joined (UTC)", "Arrivée (UTC)"),
    "people_state": ("State", "État"),
    "people_not_joined": ("not yet", "pas encore"),
    "people_active": ("has access", "a accès"),
    "people_ended": ("ended", "accès terminé"),
    "people_open": ("invited", "invitation ouverte"),
    "people_over": ("invitation run out", "invitation échue"),
    "people_none": ("Nobody was invited yet.", "Personne n'est encore invité."),
    "people_invited": ("Invited (UTC)", "Invitation (UTC)"),
    "people_expires": ("Invitation expires (UTC)", "L'invitation expire (UTC)"),
    "people_invite": ("Invite somebody", "Inviter quelqu'un"),
    "people_invite_lede": (
        "An invitation is signed with your administrator's key, so it is made on your own machine:",
        "Une invitation est signée avec votre clé d'administrateur ; elle se fait donc sur votre machine :",
    ),
}
