"""Words of signals and of classifications."""

from schemas.vocabulary.word import enumeration

SIGNAL_TYPE = enumeration(
    "signal_type",
    {
        "md5": (
            "MD5 of the file; not as proof of identity, since two files can be made to collide.",
            "MD5 du fichier ; pas comme preuve d'identité, car des collisions se fabriquent.",
        ),
        "sha1": (
            "SHA-1 of the file; not as proof of identity, since two files can be made to collide.",
            "SHA-1 du fichier ; pas comme preuve d'identité, car des collisions se fabriquent.",
        ),
        "sha256": (
            "SHA-256 of the file; not of a large print or a URL, which have their own types.",
            "SHA-256 du fichier ; pas d'une grande empreinte ni d'une URL, qui ont leur type.",
        ),
        "sha512": (
            "SHA-512 of the file; not truncated.",
            "SHA-512 du fichier ; pas tronqué.",
        ),
        "pdq": (
            "PDQ of a still image, quality 50 or more; not of plain or near-empty pictures.",
            "PDQ d'une image fixe, qualité d'au moins 50 ; pas d'une image presque vide.",
        ),
        "photodna": (
            "PhotoDNA of a still image, 144 bytes; not for those without a licence to match it.",
            "PhotoDNA d'une image fixe, 144 octets ; pas sans licence pour la comparer.",
        ),
        "vpdq": (
            "SHA-256 of a video's vPDQ print; not the print itself, which travels otherwise.",
            "SHA-256 de l'empreinte vPDQ d'une vidéo ; pas l'empreinte même, transmise autrement.",
        ),
        "tmk_pdqf": (
            "SHA-256 of a video's TMK+PDQF print; not the print itself, which travels otherwise.",
            "SHA-256 de l'empreinte TMK+PDQF d'une vidéo ; pas l'empreinte même, transmise autrement.",
        ),
        "tlsh": (
            "TLSH of a text or document, version T1; not of pictures or video.",
            "TLSH d'un texte ou document, version T1 ; pas d'images ni de vidéos.",
        ),
        "url_sha256": (
            "SHA-256 of the normalised URL; never the URL itself.",
            "SHA-256 de l'URL normalisée ; jamais l'URL même.",
        ),
    },
)

MEDIA = enumeration(
    "media",
    {
        "image": (
            "A still picture; not a frame taken from a video that is itself meant.",
            "Une image fixe ; pas une trame d'une vidéo qui est elle-même visée.",
        ),
        "video": (
            "Moving pictures, with or without sound; not an animated sticker of one frame.",
            "Des images animées, avec ou sans son ; pas une vignette d'une seule trame.",
        ),
        "audio": (
            "Sound alone; not the sound track of a video.",
            "Du son seul ; pas la bande-son d'une vidéo.",
        ),
        "text": (
            "Writing, such as a story or a manual; not a chat log that names people.",
            "Un écrit, récit ou manuel ; pas une conversation qui nomme des personnes.",
        ),
        "url": (
            "An address where content is offered; not the content found there.",
            "Une adresse où un contenu est offert ; pas le contenu qui s'y trouve.",
        ),
        "archive": (
            "A container of several files; not a single compressed picture.",
            "Un conteneur de plusieurs fichiers ; pas une seule image compressée.",
        ),
    },
)

SCHEME = enumeration(
    "scheme",
    {
        "ncmec": (
            "NCMEC's A1, A2, B1, B2; not mapped from another scheme.",
            "A1, A2, B1, B2 de NCMEC ; pas converti d'un autre barème.",
        ),
        "iwf": (
            "The IWF's A, B, C and prohibited images, under UK law; not for other countries' law.",
            "A, B, C et images prohibées de l'IWF, droit britannique ; pas pour un autre droit.",
        ),
        "interpol": (
            "INTERPOL's baseline and national criteria; not without the country where one is needed.",
            "Critères de base et nationaux d'INTERPOL ; pas sans le pays quand il en faut un.",
        ),
        "inhope_ucs": (
            "A label of INHOPE's Universal Classification Schema; never one of its demographic section.",
            "Un libellé du schéma universel d'INHOPE ; jamais de sa partie démographique.",
        ),
        "project_vic": (
            "Project VIC's 0 to 5 with its country profile; not without that country.",
            "Project VIC de 0 à 5 avec son profil de pays ; pas sans ce pays.",
        ),
        "ncii": (
            "Intimate images of an adult shared without consent; not for anyone who may be a child.",
            "Images intimes d'un adulte diffusées sans accord ; pas pour un possible mineur.",
        ),
        "local": (
            "An organisation's own label, `organisation/label`; not when a shared scheme has it.",
            "Libellé propre, `organisation/libellé` ; pas si un barème partagé l'exprime.",
        ),
    },
)

ASSESSED_BY = enumeration(
    "assessed_by",
    {
        "automated": (
            "A program decided alone; not when a person looked.",
            "Un programme a décidé seul ; pas si une personne a regardé.",
        ),
        "one_person": (
            "One trained person looked; not a user's report.",
            "Une personne formée a regardé ; pas le signalement d'un utilisateur.",
        ),
        "two_or_more": (
            "Two trained people agreed independently; not one person twice.",
            "Deux personnes formées ont conclu séparément ; pas une seule deux fois.",
        ),
        "hotline": (
            "A hotline's analysts decided; not a platform that forwards.",
            "Les analystes d'un point de contact ont tranché ; pas une plateforme qui transmet.",
        ),
        "law_enforcement": (
            "Police or prosecutors decided; not a request from them.",
            "La police ou le parquet a tranché ; pas une simple demande de leur part.",
        ),
    },
)

ANNOTATION = enumeration(
    "annotation",
    {
        "drawing_or_animation": (
            "Drawn or animated by hand or program; not photorealistic synthesis, which `ai` tells.",
            "Dessiné ou animé ; pas une synthèse photoréaliste, que dit `ai`.",
        ),
        "bestiality": (
            "An animal is involved; not when one is merely in view.",
            "Un animal est impliqué ; pas s'il est seulement visible.",
        ),
        "infant": (
            "A baby or toddler; not as an estimate of any other age.",
            "Un nourrisson ou tout-petit ; pas pour estimer un autre âge.",
        ),
        "live_stream": (
            "Recorded from a live stream; not an ordinary recording.",
            "Capté d'une diffusion en direct ; pas un enregistrement ordinaire.",
        ),
        "physical_harm": (
            "Injury or pain beyond the abuse itself; not threats alone.",
            "Blessure ou douleur en plus de l'abus ; pas de simples menaces.",
        ),
        "possible_self_production": (
            "Seemingly filmed by the child, often under pressure; never to mean consent.",
            "Semble filmé par l'enfant, souvent sous pression ; jamais pour dire un accord.",
        ),
        "meme": (
            "Passed on as a joke or in outrage; not to call the content harmless.",
            "Relayé par dérision ou indignation ; pas pour dire le contenu anodin.",
        ),
        "violence": (
            "Violence against a person; not injury alone, which is physical harm.",
            "Violence contre une personne ; pas la seule blessure, dite physical_harm.",
        ),
        "viral": (
            "Spreading fast across services now; not merely seen often.",
            "Se propage vite entre services ; pas seulement vu souvent.",
        ),
    },
)

ORIGIN_OF_REPORT = enumeration(
    "origin_of_report",
    {
        "user_report": (
            "A user reported it; not a trusted partner.",
            "Un utilisateur l'a signalé ; pas un partenaire de confiance.",
        ),
        "proactive": (
            "The contributor's own detection found it; not a report.",
            "Trouvé par la détection du contributeur ; pas par un signalement.",
        ),
        "hotline": (
            "A hotline passed it on; not a user's report to the platform.",
            "Transmis par un point de contact ; pas le signalement d'un utilisateur.",
        ),
        "law_enforcement": (
            "Police or prosecutors passed it on; not a report sent to them.",
            "Transmis par la police ou le parquet ; pas un signalement qui leur fut adressé.",
        ),
        "model_red_team": (
            "Came up while testing a model's safety; not from its ordinary users.",
            "Apparu en éprouvant la sûreté d'un modèle ; pas chez ses utilisateurs ordinaires.",
        ),
        "training_data_audit": (
            "Found in a data set for training; not in a model's output.",
            "Trouvé dans un jeu d'entraînement ; pas dans la sortie d'un modèle.",
        ),
        "other": (
            "Some other way; not when unknown to those who could ask.",
            "Par une autre voie ; pas par manque de recherche.",
        ),
    },
)

ADVICE = enumeration(
    "advice_action",
    {
        "block": (
            "A match within the distance may be blocked unseen; not for values that also match harmless content.",
            "Une correspondance peut être bloquée sans examen ; pas si l'empreinte touche aussi l'anodin.",
        ),
        "review": (
            "A person should look before anything is done; not for exact matches alone.",
            "Une personne doit regarder avant d'agir ; pas pour les seules égalités exactes.",
        ),
        "seed_only": (
            "Use it to search, never to act; not when it was assessed for blocking.",
            "Pour chercher, jamais pour agir ; pas si elle fut évaluée pour bloquer.",
        ),
    },
)
