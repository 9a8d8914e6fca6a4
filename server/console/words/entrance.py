"""Words of signing in, joining, confirming, keeping passkeys, and of what was refused."""

ENTRANCE = {
    "sign_in_title": ("Sign in", "Se connecter"),
    "sign_in_lede": (
        "The access trail of this node, for those whom an organisation has invited. There is no password.",
        (
            "La trace d'accès de ce nœud, pour les personnes qu'une organisation a invitées. Il n'y a pas de mot de "
            "passe."
        ),
    ),
    "sign_in_now": ("Sign in with a passkey", "Se connecter avec une clé d'accès"),
    "sign_in_help": (
        "Your browser asks for your fingerprint, your face or a PIN. That stays on your device.",
        "Votre navigateur demande votre empreinte, votre visage ou un code. Cela reste sur votre appareil.",
    ),
    "sign_in_lost": (
        "No passkey at hand? An administrator of your organisation can end your access and invite you anew.",
        (
            "Pas de clé d'accès sous la main ? Un administrateur de votre organisation peut mettre fin à votre accès "
            "et vous inviter à nouveau."
        ),
    ),
    "passkeys_need_scripts": (
        "Passkeys need JavaScript. All else here works without it.",
        "Les clés d'accès ont besoin de JavaScript. Tout le reste ici s'en passe.",
    ),
    "passkeys_need_name": (
        (
            "Nobody can sign in here: this node's public address is an IP address, and browsers make passkeys for "
            "names only. Its operator can change that."
        ),
        (
            "Personne ne peut se connecter ici : l'adresse publique de ce nœud est une adresse IP, et les navigateurs "
            "ne font de clés d'accès que pour des noms. Son opérateur peut y remédier."
        ),
    ),
    "passkey_failed": (
        "That did not work, or was cancelled. Nothing has happened; you can try again.",
        "Cela n'a pas abouti, ou a été annulé. Rien ne s'est passé ; vous pouvez recommencer.",
    ),
    "passkey_known": (
        "This device has a passkey of yours for this console already. Use another device or a security key.",
        "Cet appareil a déjà une clé d'accès à vous pour cette console. Prenez-en un autre, ou une clé matérielle.",
    ),
    "join_title": ("You are invited", "Vous êtes invité"),
    "join_lede": (
        "Your link leads to this console. It works once, and only for a few days.",
        "Votre lien mène à cette console. Il sert une fois, et quelques jours seulement.",
    ),
    "join_open": ("Open the invitation", "Ouvrir l'invitation"),
    "join_no_link": (
        "This page needs the whole link that you were given, with what stands after the # sign.",
        "Cette page a besoin du lien entier qui vous a été donné, avec ce qui suit le signe #.",
    ),
    "joining_title": ("Make your passkey", "Créer votre clé d'accès"),
    "joining_lede": (
        "{organisation} invites you to its access trail.",
        "{organisation} vous invite à sa trace d'accès.",
    ),
    "joining_holder": ("You are known as", "Vous y êtes connu comme"),
    "joining_roles": ("Your roles", "Vos rôles"),
    "joining_until": ("The invitation ends", "L'invitation prend fin"),
    "joining_now": ("Make a passkey and enter", "Créer une clé d'accès et entrer"),
    "joining_help": (
        (
            "A passkey is made on your device and never leaves it unprotected. This node keeps its public half, and no "
            "name, address or picture of you."
        ),
        (
            "Une clé d'accès naît sur votre appareil et ne le quitte jamais sans protection. Ce nœud garde sa moitié "
            "publique, et ni nom, ni adresse, ni image de vous."
        ),
    ),
    "confirm_title": ("Is it still you?", "Est-ce toujours vous ?"),
    "confirm_lede": (
        "What comes next wants your passkey used within the last five minutes.",
        "La suite demande que votre clé d'accès ait servi dans les cinq dernières minutes.",
    ),
    "confirm_now": ("Use your passkey", "Utiliser votre clé d'accès"),
    "passkeys_title": ("Your passkeys", "Vos clés d'accès"),
    "passkeys_lede": (
        "Keep two, on two devices: if one is lost, the other lets you in. At most {most}.",
        "Gardez-en deux, sur deux appareils : si l'une se perd, l'autre vous ouvre. Au plus {most}.",
    ),
    "passkeys_caption": ("Passkeys, oldest first", "Clés d'accès, la plus ancienne d'abord"),
    "passkeys_number": ("Number", "Numéro"),
    "passkeys_added": ("Added (UTC)", "Ajoutée (UTC)"),
    "passkeys_used": ("Last used (UTC)", "Dernier usage (UTC)"),
    "passkeys_kind": ("Kept", "Conservée"),
    "passkeys_synced": ("on several devices of yours", "sur plusieurs de vos appareils"),
    "passkeys_bound": ("on one device", "sur un seul appareil"),
    "passkeys_this": ("opened this session", "a ouvert cette session"),
    "passkeys_remove": ("Remove", "Retirer"),
    "passkeys_remove_which": ("Remove passkey {number}", "Retirer la clé d'accès {number}"),
    "passkeys_last": ("The last one stays.", "La dernière reste."),
    "passkeys_add": ("Add a passkey", "Ajouter une clé d'accès"),
    "passkeys_full": (
        "You have {most}, the most there can be. Remove one to add another.",
        "Vous en avez {most}, le nombre le plus élevé. Retirez-en une pour en ajouter une autre.",
    ),
    "passkey_add_title": ("Add a passkey", "Ajouter une clé d'accès"),
    "passkey_add_lede": (
        "Use another device than that of your first passkey, or a security key.",
        "Prenez un autre appareil que celui de votre première clé, ou une clé matérielle.",
    ),
    "passkey_add_now": ("Make the passkey", "Créer la clé d'accès"),
    "passkey_remove_title": ("Remove a passkey?", "Retirer une clé d'accès ?"),
    "passkey_remove_lede": (
        "It will open this console no more, and every session that it opened ends.",
        "Elle n'ouvrira plus cette console, et toute session qu'elle a ouverte prend fin.",
    ),
    "passkey_remove_this": (
        "It opened this session: you will be signed out.",
        "Elle a ouvert cette session : vous serez déconnecté.",
    ),
    "passkey_remove_last": (
        "It is your last passkey, and stays. An administrator of your organisation can end your access.",
        (
            "C'est votre dernière clé d'accès, elle reste. Un administrateur de votre organisation peut mettre fin à "
            "votre accès."
        ),
    ),
    "passkey_remove_now": ("Remove it", "La retirer"),
    "passkey_remove_not": ("Keep it", "La garder"),
    "refused_request": ("Number of this request", "Numéro de cette requête"),
    "refused_request_why": (
        "The node's operator finds by it what happened.",
        "Grâce à ce numéro, l'opérateur du nœud retrouve ce qui s'est passé.",
    ),
    "refused_on": ("To the sign-in", "Vers la connexion"),
    "refused_home": ("To the overview", "Vers la vue d'ensemble"),
}

REFUSED = {
    "not_authenticated": (
        "This did not prove who you are.",
        "Cela n'a pas prouvé qui vous êtes.",
        (
            "The passkey, the link or the form is unknown, was used already, has run out, or came from another page or "
            "browser. All of these look alike on purpose. Begin again from the sign-in."
        ),
        (
            "La clé d'accès, le lien ou le formulaire est inconnu, a déjà servi, est échu, ou vient d'une autre page "
            "ou d'un autre navigateur. Tous ces cas se ressemblent à dessein. Recommencez depuis la connexion."
        ),
    ),
    "role_not_allowed": (
        "None of your roles allows this.",
        "Aucun de vos rôles ne le permet.",
        "Roles are given by your invitation, as far as your organisation has them now.",
        "Les rôles viennent de votre invitation, pour autant que votre organisation les ait encore.",
    ),
    "suspended": (
        "Your organisation is suspended.",
        "Votre organisation est suspendue.",
        "Until two operators lift it, nobody of your organisation can look at the trail.",
        "Jusqu'à ce que deux opérateurs la rétablissent, personne de votre organisation ne peut consulter la trace.",
    ),
    "not_found": (
        "Nothing found.",
        "Rien trouvé.",
        "There is no such thing, or it does not concern your organisation. This page never says which.",
        "Cela n'existe pas, ou ne concerne pas votre organisation. Cette page ne dit jamais lequel des deux.",
    ),
    "not_found_of_all": (
        "Nothing found.",
        "Rien trouvé.",
        "There is no such thing on this node.",
        "Cela n'existe pas sur ce nœud.",
    ),
    "bad_search": (
        "Nothing here is named like this.",
        "Rien ici ne porte un tel nom.",
        (
            "What you wrote is no request id, place in the log, receipt, key id, record (origin/id) or organisation. "
            "Compare it with where you have it from: nothing may be missing, and nothing added."
        ),
        (
            "Ce que vous avez écrit n'est ni un identifiant de requête, ni un rang dans le journal, ni un reçu, ni un "
            "identifiant de clé, ni une fiche (origine/id), ni une organisation. Comparez avec votre source : rien ne "
            "doit manquer, rien ne doit être ajouté."
        ),
    ),
    "bad_query": (
        "This address cannot be read.",
        "Cette adresse est illisible.",
        "It holds a member that there is not, or one of another form. Begin again from the overview.",
        "Elle contient un paramètre inconnu, ou d'une autre forme. Recommencez depuis la vue d'ensemble.",
    ),
    "malformed_body": (
        "This form cannot be read.",
        "Ce formulaire est illisible.",
        "Go back to its page, load it anew, and send it again.",
        "Revenez à sa page, rechargez-la et renvoyez-le.",
    ),
    "too_many_requests": (
        "Too many requests.",
        "Trop de requêtes.",
        "Wait a minute, then try again. Nothing has happened.",
        "Attendez une minute, puis recommencez. Rien ne s'est passé.",
    ),
    "busy": (
        "The node is busy.",
        "Le nœud est occupé.",
        "Try again in a moment. Nothing has happened.",
        "Recommencez dans un instant. Rien ne s'est passé.",
    ),
    "trail_unavailable": (
        "The trail cannot be written, so nothing is shown.",
        "La trace ne peut être écrite, donc rien n'est montré.",
        "Whoever looks is entered; if that is not possible, nobody looks.",
        "Qui consulte est inscrit ; si ce n'est pas possible, personne ne consulte.",
    ),
    "other": (
        "This was refused.",
        "Cela a été refusé.",
        "Nothing has happened. If it happens again, ask the operator of this node.",
        "Rien ne s'est passé. Si cela se répète, demandez à l'opérateur de ce nœud.",
    ),
}
"""What a refusal says to a person, by its code or a more exact name: heading and why, each in English and French."""
