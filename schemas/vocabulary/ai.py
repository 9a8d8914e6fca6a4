"""Words about generated and altered content, and about the services that generate it."""

from schemas.vocabulary.word import enumeration

AI_STATUS = enumeration(
    "ai_status",
    {
        "unassessed": (
            "Nobody has looked for generation, as when the member is absent; not for a finding of none.",
            "Nul n'a cherché, comme si le membre manquait ; pas pour un constat d'absence.",
        ),
        "none_found": (
            "Somebody looked and found no sign; never as a default.",
            "On a cherché sans rien trouver ; jamais par défaut.",
        ),
        "suspected": (
            "There are signs but no proof; not for a general fear.",
            "Il y a des indices sans preuve ; pas pour une crainte générale.",
        ),
        "confirmed": (
            "Generation or alteration is established; not on a detector's score alone.",
            "La génération ou retouche est établie ; pas sur le seul score d'un détecteur.",
        ),
        "ruled_out": (
            "It is established that none took place; not for want of signs, which is none_found.",
            "Il est établi qu'il n'y en a pas eu ; pas faute d'indices, ce qui est none_found.",
        ),
    },
)

AI_KIND = enumeration(
    "ai_kind",
    {
        "fully_synthetic": (
            "The whole was generated; not an altered photograph.",
            "Tout fut généré ; pas une photographie retouchée.",
        ),
        "edited_real": (
            "A real picture altered (nudification, face swap, inpainting); not mere sharpening.",
            "Une vraie image altérée (dénudement, visage échangé) ; pas un simple affinage.",
        ),
        "upscaled": (
            "A real picture enlarged or restored; not changed in what it shows.",
            "Une vraie image agrandie ou restaurée ; pas changée dans ce qu'elle montre.",
        ),
        "composite": (
            "Put together from several pictures; not one picture altered in place.",
            "Assemblée de plusieurs images ; pas une seule image altérée.",
        ),
        "text_only": (
            "Generated writing; not a caption beside a picture.",
            "Un écrit généré ; pas la légende d'une image.",
        ),
        "unknown": (
            "Generated, but how is not known; not when nobody looked.",
            "Généré sans que l'on sache comment ; pas si nul n'a cherché.",
        ),
    },
)

YES_NO_UNKNOWN = enumeration(
    "yes_no_unknown",
    {
        "yes": (
            "Established; not likely or feared.",
            "Établi ; pas probable ni redouté.",
        ),
        "no": (
            "Established that it is not so; not for want of knowledge.",
            "Établi que non ; pas par ignorance.",
        ),
        "unknown": (
            "Looked into without result; not when nobody looked, where the member is left out.",
            "Examiné sans résultat ; pas si nul n'a cherché, auquel cas le membre manque.",
        ),
    },
)

BASIS = enumeration(
    "basis",
    {
        "visual_review": (
            "A trained person saw signs; not a user's guess.",
            "Une personne formée a vu des indices ; pas l'avis d'un utilisateur.",
        ),
        "c2pa": (
            "A C2PA manifest says so; not one whose signature failed.",
            "Un manifeste C2PA le dit ; pas si sa signature est fausse.",
        ),
        "watermark": (
            "A generator's watermark was read; not a visible logo.",
            "Le filigrane d'un générateur fut lu ; pas un logo visible.",
        ),
        "metadata": (
            "The file's metadata says so; never to carry that metadata.",
            "Les métadonnées du fichier le disent ; jamais pour les transmettre.",
        ),
        "detector": (
            "A program's score; not without naming it in `detector` where known.",
            "Le score d'un programme ; pas sans le nommer dans `detector` s'il est connu.",
        ),
        "provider_log": (
            "The provider's own records of generation; never to carry the prompt.",
            "Les registres du fournisseur ; jamais pour transmettre l'invite.",
        ),
        "statement": (
            "Somebody said so, a suspect or a victim; never with who.",
            "Quelqu'un l'a dit, suspect ou victime ; jamais qui.",
        ),
    },
)

DIGITAL_SOURCE_TYPE = enumeration(
    "digital_source_type",
    {
        "digitalCapture": (
            "Taken by a camera or recorder from real life; not from a screen.",
            "Pris sur le vif par un appareil ; pas depuis un écran.",
        ),
        "computationalCapture": (
            "Several real frames joined by the camera at the time; not edited later.",
            "Plusieurs trames réelles jointes par l'appareil ; pas retouché ensuite.",
        ),
        "negativeFilm": (
            "Digitised from a film negative; not from a print.",
            "Numérisé d'un négatif ; pas d'un tirage.",
        ),
        "positiveFilm": (
            "Digitised from a slide or other positive film; not from a negative.",
            "Numérisé d'une diapositive ; pas d'un négatif.",
        ),
        "print": (
            "Digitised from a print on paper; not from film.",
            "Numérisé d'un tirage papier ; pas d'un film.",
        ),
        "humanEdits": (
            "Real content edited by a person with tools that do not generate; not with a trained model.",
            "Contenu réel retouché à la main sans génération ; pas avec un modèle entraîné.",
        ),
        "minorHumanEdits": (
            "IPTC's older word for slight edits, for content so labelled; not for new labels.",
            "Ancien mot de l'IPTC pour de légères retouches ; pas pour un nouvel étiquetage.",
        ),
        "compositeCapture": (
            "Joined from several real captures; not with a generated part.",
            "Assemblé de captures réelles ; pas avec une partie générée.",
        ),
        "algorithmicallyEnhanced": (
            "Real content improved by a program without a trained model's invention; not generated detail.",
            "Contenu réel amélioré par programme sans invention ; pas de détails générés.",
        ),
        "dataDrivenMedia": (
            "Drawn from data, such as a chart; not from pictures.",
            "Tracé depuis des données, tel un graphique ; pas depuis des images.",
        ),
        "digitalArt": (
            "IPTC's older word for drawn work, for content so labelled; not for new labels.",
            "Ancien mot de l'IPTC pour une œuvre dessinée ; pas pour un nouvel étiquetage.",
        ),
        "digitalCreation": (
            "Made by a person with tools that do not generate; not with a trained model.",
            "Créé par une personne sans outil génératif ; pas avec un modèle entraîné.",
        ),
        "virtualRecording": (
            "Recorded in a virtual world or game; not a camera in a real room.",
            "Enregistré dans un monde virtuel ou un jeu ; pas dans un lieu réel.",
        ),
        "screenCapture": (
            "Taken from a screen; not to hide what the screen showed.",
            "Pris d'un écran ; pas pour taire ce que l'écran montrait.",
        ),
        "softwareImage": (
            "IPTC's older word for content made by software, so labelled; not for new labels.",
            "Ancien mot de l'IPTC pour un contenu fait par logiciel ; pas pour un nouvel étiquetage.",
        ),
        "compositeSynthetic": (
            "Joined with at least one synthetic part; not when a trained model made the join.",
            "Assemblé avec une partie synthétique ; pas si un modèle entraîné a fait l'assemblage.",
        ),
        "composite": (
            "Joined from parts of which at least one is of another kind; not when a narrower word fits.",
            "Assemblé d'éléments de diverses sortes ; pas si un mot plus précis convient.",
        ),
        "trainedAlgorithmicMedia": (
            "Made by a model trained on samples; not when real content was its canvas.",
            "Fait par un modèle entraîné ; pas si un contenu réel en fut le fond.",
        ),
        "compositeWithTrainedAlgorithmicMedia": (
            "Real content altered by a trained model, as by inpainting; not wholly generated.",
            "Contenu réel altéré par un modèle entraîné ; pas entièrement généré.",
        ),
        "algorithmicMedia": (
            "Made by an algorithm without training samples; not by a trained model.",
            "Fait par un algorithme sans entraînement ; pas par un modèle entraîné.",
        ),
    },
)

SERVICE_KIND = enumeration(
    "service_kind",
    {
        "social": (
            "A network of profiles and posts; not private messages on it.",
            "Un réseau de profils et publications ; pas ses messages privés.",
        ),
        "messaging": (
            "Messages between people or closed rooms; not public posts.",
            "Des messages entre personnes ou salons fermés ; pas des publications.",
        ),
        "hosting": (
            "Stores files or sites for others; not a network of profiles.",
            "Héberge fichiers ou sites d'autrui ; pas un réseau de profils.",
        ),
        "gaming": (
            "A game or its chat; not a forum about games.",
            "Un jeu ou sa messagerie ; pas un forum sur les jeux.",
        ),
        "generative_ai_api": (
            "A model offered to other programs; not an app that people use.",
            "Un modèle offert à d'autres programmes ; pas une application grand public.",
        ),
        "generative_ai_app": (
            "An app in which people generate content; not the model's API behind it.",
            "Une application où l'on génère ; pas l'API du modèle derrière elle.",
        ),
        "model_hub": (
            "Where models or their parts are shared; not where they run.",
            "Où l'on partage des modèles ; pas où ils tournent.",
        ),
        "search": (
            "Finds content held elsewhere; not a site's own search box.",
            "Trouve des contenus tenus ailleurs ; pas la recherche interne d'un site.",
        ),
        "payments": (
            "Moves money; not a shop that takes it.",
            "Transfère de l'argent ; pas la boutique qui l'encaisse.",
        ),
        "peer_to_peer": (
            "Files pass between people's own devices; not through a host.",
            "Les fichiers passent d'appareil à appareil ; pas par un hébergeur.",
        ),
    },
)

SAFETY_CONTROL = enumeration(
    "safety_control",
    {
        "prompt_filter": (
            "The input was stopped; not the output.",
            "L'entrée fut arrêtée ; pas la sortie.",
        ),
        "output_filter": (
            "The output was stopped; not the input.",
            "La sortie fut arrêtée ; pas l'entrée.",
        ),
        "hash_block": (
            "A known value was matched; not a classifier's guess.",
            "Une empreinte connue fut reconnue ; pas l'avis d'un classifieur.",
        ),
        "none": (
            "There was no control at that point; not when one was got round.",
            "Il n'y avait pas de contrôle ; pas s'il fut contourné.",
        ),
        "bypassed": (
            "A control was got round; not when there was none.",
            "Un contrôle fut contourné ; pas s'il n'y en avait pas.",
        ),
    },
)
