"""Words of the export, and of checking a proof bundle without the node."""

EXPORT = {
    "export_title": ("Export", "Export"),
    "export_what": ("What is exported", "Ce qui est exporté"),
    "export_change": ("Choose other entries in the trail", "Choisir d'autres entrées dans la trace"),
    "export_step_up": (
        "You are asked for your passkey, unless you used it within five minutes. Each export is an entry.",
        "Votre clé d'accès vous est demandée, sauf usage dans les cinq minutes. Chaque export est une entrée.",
    ),
    "export_forms": ("In which form", "Sous quelle forme"),
    "export_bundle": ("Proof bundle", "Dossier de preuve"),
    "export_bundle_lede": (
        "Entries with all that proves them: tree, checkpoint, cosignatures, statements. Checked offline:",
        (
            "Les entrées et tout ce qui les prouve : arbre, point de contrôle, cosignatures, déclarations. À vérifier "
            "hors ligne :"
        ),
    ),
    "offline_time": ("<time>", "<heure>"),
    "offline_root": ("<thumbprint-on-paper>", "<empreinte-sur-papier>"),
    "offline_root_why": (
        (
            "You need the thumbprint of this node's root key as you have it on paper, from elsewhere: never as this "
            "node tells it, for a node that lies tells a root of its own."
        ),
        (
            "Il vous faut l'empreinte de la clé racine de ce nœud telle que vous l'avez sur papier, venue d'ailleurs : "
            "jamais telle que ce nœud la donne, car un nœud qui ment donne une racine à lui."
        ),
    ),
    "export_bundle_button": ("Download the proof bundle", "Télécharger le dossier de preuve"),
    "export_csv": ("Table (CSV)", "Tableau (CSV)"),
    "export_csv_lede": (
        "For a spreadsheet. Cells that a spreadsheet would run as a formula are made harmless.",
        "Pour un tableur. Les cases qu'un tableur exécuterait comme formule sont neutralisées.",
    ),
    "export_csv_button": ("Download as CSV", "Télécharger en CSV"),
    "export_ndjson": ("Lines (NDJSON)", "Lignes (NDJSON)"),
    "export_ndjson_lede": (
        "For programs: each entry with its exact text and salt.",
        "Pour les programmes : chaque entrée avec son texte exact et son sel.",
    ),
    "export_ndjson_button": ("Download as NDJSON", "Télécharger en NDJSON"),
}
