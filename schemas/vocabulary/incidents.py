"""Words of incidents."""

from schemas.vocabulary.word import enumeration

INCIDENT_TYPE = enumeration(
    "incident_type",
    {
        "csam_known": (
            "Content already in somebody's list; not when it was never assessed before.",
            "Contenu déjà recensé ; pas s'il n'avait jamais été évalué.",
        ),
        "csam_novel": (
            "Content not seen before; not merely new to this service.",
            "Contenu jamais vu ; pas seulement nouveau sur ce service.",
        ),
        "ai_csam_generated": (
            "Such content came out of a model; not an attempt that was stopped.",
            "Un modèle a produit un tel contenu ; pas une tentative arrêtée.",
        ),
        "ai_prompt_abuse": (
            "Somebody tried to make a model produce it; not when it did.",
            "On a tenté d'en faire produire à un modèle ; pas si cela a réussi.",
        ),
        "ai_model_misuse": (
            "A model was tuned, altered or passed on for it; not a single prompt.",
            "Un modèle fut ajusté ou diffusé à cette fin ; pas une seule invite.",
        ),
        "nudify_service": (
            "A service that undresses people in pictures; not one picture made by it.",
            "Un service qui dénude sur image ; pas une seule image qu'il a faite.",
        ),
        "sextortion": (
            "Threats to obtain more content or contact; not for money.",
            "Menaces pour obtenir contenus ou contacts ; pas pour de l'argent.",
        ),
        "financial_sextortion": (
            "Threats to obtain money; not for more content alone.",
            "Menaces pour obtenir de l'argent ; pas seulement des contenus.",
        ),
        "grooming": (
            "An adult works to win a child's trust for abuse; not once threats are made.",
            "Un adulte gagne la confiance d'un enfant pour abuser ; pas s'il menace déjà.",
        ),
        "trafficking": (
            "A child is offered, sold or moved; not content alone.",
            "Un enfant est offert, vendu ou déplacé ; pas un contenu seul.",
        ),
        "url_distribution": (
            "Addresses of such content are passed on; not the content itself.",
            "On diffuse des adresses de tels contenus ; pas le contenu même.",
        ),
        "live_stream": (
            "Abuse streamed as it happens; not a recording of a stream.",
            "Un abus diffusé en direct ; pas l'enregistrement d'un direct.",
        ),
        "training_data_contamination": (
            "Such content was found in data for training; not in a model's output.",
            "De tels contenus dans des données d'entraînement ; pas en sortie de modèle.",
        ),
        "other": (
            "None of the others; not when two fit, where the graver one stands.",
            "Aucun des autres ; pas si deux conviennent, auquel cas le plus grave vaut.",
        ),
    },
)

INCIDENT_STATE = enumeration(
    "state",
    {
        "open": (
            "Still being worked on; not when somebody else has taken it.",
            "En cours de traitement ; pas si un autre l'a repris.",
        ),
        "referred": (
            "Handed to those who can act; not merely reported in bulk.",
            "Remis à qui peut agir ; pas seulement signalé en masse.",
        ),
        "closed": (
            "Nothing more will be done; not when it waits for others.",
            "Plus rien ne sera fait ; pas si l'on attend un tiers.",
        ),
    },
)

SEVERITY = enumeration(
    "severity",
    {
        "info": (
            "Good to know; not when anyone should act.",
            "Bon à savoir ; pas si quelqu'un doit agir.",
        ),
        "low": (
            "Act in the ordinary course; not where a child may be reached.",
            "Agir à l'ordinaire ; pas si un enfant peut être atteint.",
        ),
        "medium": (
            "Act this week; not where abuse may be going on.",
            "Agir dans la semaine ; pas si l'abus peut durer encore.",
        ),
        "high": (
            "Act today; not where a child is in danger at this moment.",
            "Agir ce jour ; pas si un enfant est en danger à l'instant.",
        ),
        "child_at_imminent_risk": (
            "A child is in danger now; never to speed up an ordinary case.",
            "Un enfant est en danger maintenant ; jamais pour hâter un cas ordinaire.",
        ),
    },
)

PRECISION = enumeration(
    "precision",
    {
        "day": (
            "Both dates are meant to the day; not when only the month is known.",
            "Les dates valent au jour près ; pas si seul le mois est connu.",
        ),
        "month": (
            "Only the months are meant; not when the days are known and may be told.",
            "Seuls les mois valent ; pas si les jours sont connus et peuvent être dits.",
        ),
        "year": (
            "Only the years are meant; not when the months are known and may be told.",
            "Seules les années valent ; pas si les mois sont connus et peuvent être dits.",
        ),
    },
)

BUCKET = enumeration(
    "bucket",
    {
        "1": (
            "Exactly one; not for none, where the member is left out.",
            "Un seul ; pas pour zéro : le membre manque.",
        ),
        "2-5": ("Two to five; not as a guess.", "De deux à cinq ; pas au jugé."),
        "6-20": ("Six to twenty; not as a guess.", "De six à vingt ; pas au jugé."),
        "21-100": ("Twenty-one to a hundred; not as a guess.", "De vingt et un à cent ; pas au jugé."),
        "101-1000": ("A hundred and one to a thousand; not as a guess.", "De cent un à mille ; pas au jugé."),
        "1000+": ("More than a thousand; not for exactly a thousand.", "Plus de mille ; pas pour mille exactement."),
    },
)

REFERENCE_SYSTEM = enumeration(
    "reference_system",
    {
        "ncmec_cybertip": (
            "A CyberTipline report number; not a NCMEC case name.",
            "Un numéro de signalement CyberTipline ; pas un nom d'affaire NCMEC.",
        ),
        "iccam": (
            "A report number of INHOPE's ICCAM; not a hotline's own.",
            "Un numéro ICCAM d'INHOPE ; pas celui d'un point de contact.",
        ),
        "iwf": (
            "An IWF report number; not a class of the IWF's.",
            "Un numéro de rapport IWF ; pas une classe de l'IWF.",
        ),
        "stopncii": (
            "A StopNCII case number, adults only; not where a child may be concerned.",
            "Un numéro StopNCII, adultes seulement ; pas si un mineur peut être concerné.",
        ),
        "national_hotline": (
            "Another hotline's report number; not when its system is listed above.",
            "Le numéro d'un autre point de contact ; pas si son système est listé.",
        ),
        "law_enforcement": (
            "A file number of police or prosecutors; never with an officer's name.",
            "Un numéro de dossier de police ou parquet ; jamais un nom d'agent.",
        ),
        "other": (
            "Some other system's opaque number; never an account or device.",
            "Le numéro opaque d'un autre système ; jamais un compte ni un appareil.",
        ),
    },
)

HANDLING = enumeration(
    "handling",
    {
        "law_enforcement_notified": (
            "Police were told; not that they answered.",
            "La police fut avisée ; pas qu'elle a répondu.",
        ),
        "preserved": (
            "Evidence is kept under law; not ordinary backups.",
            "Les preuves sont conservées selon la loi ; pas de simples sauvegardes.",
        ),
        "account_actioned": (
            "An account was limited or closed; never which.",
            "Un compte fut limité ou fermé ; jamais lequel.",
        ),
        "removed": (
            "The content is gone from the service; not merely hidden pending review.",
            "Le contenu a quitté le service ; pas s'il est seulement masqué.",
        ),
        "model_mitigated": (
            "The model or its controls were changed; not planned to be.",
            "Le modèle ou ses contrôles furent changés ; pas seulement prévu.",
        ),
        "victim_support": (
            "Help for the victim was arranged; never for whom.",
            "Une aide à la victime fut organisée ; jamais pour qui.",
        ),
    },
)
