//! Plausible French words and real city quarters; the names of businesses are made up.

use super::chance::Chance;
use crate::{Category, OpeningHour, Weekday, search_text as text};

pub(crate) struct Quarter {
    pub(crate) name: &'static str,
    pub(crate) postcode: &'static str,
    pub(crate) lat: f64,
    pub(crate) lng: f64,
    /// One standard deviation around the centre, in km.
    pub(crate) spread_km: f64,
}

pub(crate) struct City {
    pub(crate) name: &'static str,
    /// The first two digits of the quarter's landline numbers.
    pub(crate) phone_prefix: &'static str,
    pub(crate) quarters: &'static [Quarter],
}

const fn quarter(
    name: &'static str,
    postcode: &'static str,
    lat: f64,
    lng: f64,
    spread_km: f64,
) -> Quarter {
    Quarter {
        name,
        postcode,
        lat,
        lng,
        spread_km,
    }
}

pub(crate) const CITIES: [City; 3] = [
    City {
        name: "Paris",
        phone_prefix: "01",
        quarters: &[
            quarter("Marais", "75004", 48.8575, 2.3590, 0.5),
            quarter("Bastille", "75011", 48.8530, 2.3730, 0.6),
            quarter("Oberkampf", "75011", 48.8650, 2.3790, 0.6),
            quarter("Pigalle", "75009", 48.8810, 2.3380, 0.5),
            quarter("Montmartre", "75018", 48.8860, 2.3430, 0.6),
            quarter("Quartier latin", "75005", 48.8480, 2.3470, 0.5),
            quarter("Saint-Germain", "75006", 48.8535, 2.3335, 0.5),
            quarter("Grands Boulevards", "75002", 48.8705, 2.3440, 0.5),
            quarter("Belleville", "75020", 48.8710, 2.3850, 0.6),
            quarter("Batignolles", "75017", 48.8860, 2.3180, 0.6),
            quarter("Montparnasse", "75014", 48.8410, 2.3240, 0.6),
            quarter("Butte-aux-Cailles", "75013", 48.8270, 2.3510, 0.5),
        ],
    },
    City {
        name: "Lyon",
        phone_prefix: "04",
        quarters: &[
            quarter("Vieux Lyon", "69005", 45.7620, 4.8275, 0.3),
            quarter("Presqu'île", "69002", 45.7580, 4.8330, 0.4),
            quarter("Croix-Rousse", "69004", 45.7745, 4.8300, 0.5),
            quarter("Part-Dieu", "69003", 45.7605, 4.8570, 0.6),
            quarter("Guillotière", "69007", 45.7520, 4.8450, 0.5),
            quarter("Confluence", "69002", 45.7420, 4.8185, 0.3),
        ],
    },
    City {
        name: "Marseille",
        phone_prefix: "04",
        quarters: &[
            // Near water: the deviation is small and the centre lies inland.
            quarter("Le Panier", "13002", 43.2995, 5.3700, 0.12),
            quarter("Noailles", "13001", 43.2965, 5.3805, 0.25),
            quarter("Cours Julien", "13006", 43.2935, 5.3835, 0.3),
            quarter("Castellane", "13006", 43.2860, 5.3835, 0.4),
            quarter("La Plaine", "13005", 43.2945, 5.3880, 0.3),
            quarter("Chartreux", "13004", 43.3070, 5.3990, 0.5),
        ],
    },
];

const OWNERS: &[&str] = &[
    "d'Élise",
    "de Margot",
    "d'André",
    "des Frères Petit",
    "de la Gare",
    "du Théâtre",
    "des Amis",
    "de l'Étoile",
    "du Cœur volant",
    "de Zoé",
    "des Capucins",
    "du Marché",
    "de la Forêt",
    "d'Anaïs",
    "du Général",
    "des Lilas",
    "de l'Œuf à la coque",
    "du Grand Chêne",
    "de Noël",
    "des Trois Fées",
    "du Vieux Port",
    "de Chloé",
    "du Pêcheur",
    "de la Fontaine",
    "d'Hélène",
    "du Père Lucien",
    "de Maïté",
    "des Écoliers",
    "du Château",
    "de l'Aïeul",
];

const STREETS: &[&str] = &[
    "rue de la République",
    "rue Victor-Hugo",
    "rue des Écoles",
    "place de l'Église",
    "rue Gambetta",
    "rue Pasteur",
    "rue du Faubourg",
    "avenue Jean-Jaurès",
    "boulevard Voltaire",
    "rue des Martyrs",
    "rue Émile-Zola",
    "rue de la Fraternité",
    "quai de la Liberté",
    "rue Molière",
    "passage du Commerce",
    "rue Sainte-Cécile",
];

fn kinds(category: Category) -> &'static [&'static str] {
    match category {
        Category::Bar => &[
            "Bar",
            "Café",
            "Comptoir",
            "Cave à bières",
            "Bar à vins",
            "Guinguette",
        ],
        Category::Restaurant => &[
            "Brasserie",
            "Crêperie",
            "Bistrot",
            "Auberge",
            "Table",
            "Pizzeria",
            "Rôtisserie",
            "Cantine",
        ],
        Category::Club => &["Club", "Discothèque", "Cabaret", "Nuits"],
        Category::Cinema => &["Cinéma", "Ciné-théâtre", "Studio"],
        Category::Sport => &[
            "Salle d'escalade",
            "Piscine",
            "Club de padel",
            "Salle de boxe",
        ],
        Category::Leisure => &["Bowling", "Musée", "Salle d'évasion", "Karaoké"],
        Category::Event => &["Théâtre", "Scène", "Festival", "Salle de concert"],
        Category::Other => &["Atelier", "Épicerie", "Librairie", "Maison"],
    }
}

/// A business name such as «Crêperie d'Élise»; `kind` replaces the category's usual kinds.
pub fn name(chance: &mut Chance, category: Category, kind: Option<&str>) -> String {
    let usual = *chance.pick(kinds(category));
    format!("{} {}", kind.unwrap_or(usual), chance.pick(OWNERS))
}

/// The French word on a sign for a `cuisine` value of OpenStreetMap.
pub fn kind_of_cuisine(cuisine: &str) -> Option<&'static str> {
    Some(match cuisine {
        "crepe" | "breton" => "Crêperie",
        "pizza" => "Pizzeria",
        "french" | "regional" => "Brasserie",
        "bistro" => "Bistrot",
        "italian" => "Trattoria",
        "japanese" => "Table japonaise",
        "sushi" => "Comptoir à sushis",
        "chinese" => "Table chinoise",
        "thai" => "Table thaïe",
        "vietnamese" => "Table vietnamienne",
        "korean" => "Table coréenne",
        "indian" => "Table indienne",
        "lebanese" => "Table libanaise",
        "moroccan" | "couscous" => "Table marocaine",
        "greek" => "Taverne grecque",
        "spanish" | "tapas" => "Bar à tapas",
        "mexican" => "Cantina",
        "burger" | "american" => "Maison du burger",
        "seafood" | "fish" => "Écailler",
        "steak_house" | "barbecue" => "Grill",
        "vegetarian" | "vegan" => "Table végétale",
        "coffee_shop" => "Café",
        _ => return None,
    })
}

pub fn partner_description(chance: &mut Chance, category: Category, place: &str) -> String {
    let opening = *chance.pick(match category {
        Category::Bar => &[
            "Une adresse chaleureuse où l'on trinque entre amis",
            "Bières artisanales et vins nature",
        ],
        Category::Restaurant => &[
            "Une cuisine de marché, généreuse et de saison",
            "Des recettes de famille, préparées sur place",
        ],
        Category::Club => &[
            "Une piste, deux scènes et des nuits qui ne finissent pas",
            "DJ invités chaque fin de semaine",
        ],
        Category::Cinema => &[
            "Films d'auteur et grands succès en version originale",
            "Trois salles rénovées au cœur du quartier",
        ],
        Category::Sport => &[
            "Du matériel neuf et des moniteurs diplômés",
            "Débutants bienvenus, séances à toute heure",
        ],
        Category::Leisure => &[
            "Une sortie pour petits et grands",
            "On joue, on rit, on recommence",
        ],
        Category::Event => &[
            "Spectacles, concerts et rencontres toute l'année",
            "Une scène ouverte aux nouveaux talents",
        ],
        Category::Other => &[
            "Un lieu à part, tenu par des passionnés",
            "Ateliers, découvertes et bonnes idées",
        ],
    });
    format!("{opening}, à {place}.")
}

pub(crate) fn offer_title(
    chance: &mut Chance,
    category: Category,
    name: &str,
    percentage: i32,
) -> String {
    let what = *chance.pick(match category {
        Category::Bar => &[
            "les cocktails",
            "la planche apéro",
            "les bières pression",
            "la deuxième tournée",
        ],
        Category::Restaurant => &[
            "l'addition",
            "le menu du déjeuner",
            "le dîner à deux",
            "les crêpes et le café",
        ],
        Category::Club => &[
            "l'entrée avant minuit",
            "l'entrée et une conso",
            "la soirée du jeudi",
        ],
        Category::Cinema => &["la séance", "deux places", "la séance et le pop-corn"],
        Category::Sport => &[
            "la séance découverte",
            "le carnet de dix entrées",
            "le cours à deux",
        ],
        Category::Leisure => &["la partie", "l'entrée en famille", "la sortie à quatre"],
        Category::Event => &[
            "le spectacle",
            "la soirée d'ouverture",
            "deux places au balcon",
        ],
        Category::Other => &["l'atelier", "la visite", "votre première commande"],
    });
    format!("-{percentage} % sur {what} – {name}")
}

pub(crate) fn offer_description(
    chance: &mut Chance,
    category: Category,
    place: &str,
    percentage: i32,
) -> String {
    let invitation = *chance.pick(match category {
        Category::Bar => &[
            "Poussez la porte pour l'apéritif",
            "Retrouvez vos amis au comptoir",
        ],
        Category::Restaurant => &["Installez-vous à table", "Goûtez la carte de saison"],
        Category::Club => &["Entrez dans la danse", "Prolongez la soirée"],
        Category::Cinema => &["Choisissez votre film", "Prenez place dans la grande salle"],
        Category::Sport => &["Enfilez vos baskets", "Venez vous dépenser"],
        Category::Leisure => &["Venez jouer en équipe", "Offrez-vous une parenthèse"],
        Category::Event => &["Vivez la scène de près", "Découvrez la programmation"],
        Category::Other => &["Laissez-vous surprendre", "Poussez la porte, par curiosité"],
    });
    format!(
        "{invitation} chez {place} et profitez de {percentage} % de réduction en présentant votre QR code à l'arrivée."
    )
}

pub(crate) fn discount_description(chance: &mut Chance, percentage: i32) -> Option<String> {
    chance
        .one_in(2)
        .then(|| format!("{percentage} % sur l'addition, hors pourboire"))
}

pub(crate) fn conditions(chance: &mut Chance) -> Vec<String> {
    const CONDITIONS: &[&str] = &[
        "Sur réservation",
        "Une offre par personne et par soirée",
        "Non cumulable avec d'autres promotions",
        "Hors jours fériés et veilles de fête",
        "Pour deux personnes au minimum",
        "Réservé aux majeurs, pièce d'identité demandée",
        "Valable en salle, pas à emporter",
        "L'abus d'alcool est dangereux pour la santé, à consommer avec modération",
    ];
    let start = chance.between(0, 7).unsigned_abs() as usize;
    let count = chance.between(1, 3).unsigned_abs() as usize;
    CONDITIONS
        .iter()
        .cycle()
        .skip(start)
        .take(count)
        .map(|&condition| condition.to_owned())
        .collect()
}

pub fn street(chance: &mut Chance) -> String {
    let number = chance.between(1, 120);
    let suffix = if chance.one_in(12) { " bis" } else { "" };
    format!("{number}{suffix} {}", chance.pick(STREETS))
}

/// A phone number from the ranges that Arcep reserves for fiction (01 99 00, 04 65 71): nobody
/// answers.
pub fn phone(chance: &mut Chance, prefix: &str) -> String {
    let range = if prefix == "01" { "19900" } else { "46571" };
    format!("+33{range}{:04}", chance.between(0, 9_999))
}

pub fn opening_hours(chance: &mut Chance, category: Category) -> Vec<OpeningHour> {
    let (opens, closes) = *chance.pick(match category {
        Category::Bar => &[("17:00", "02:00"), ("16:00", "01:00")],
        Category::Restaurant => &[("12:00", "23:00"), ("11:30", "22:30")],
        Category::Club => &[("23:00", "06:00"), ("22:00", "05:00")],
        Category::Cinema => &[("10:30", "23:59"), ("13:00", "23:30")],
        Category::Sport | Category::Leisure => &[("09:00", "22:00"), ("10:00", "20:00")],
        Category::Event => &[("18:00", "23:30"), ("19:00", "23:59")],
        Category::Other => &[("10:00", "19:00"), ("09:30", "18:30")],
    });
    let day_off = chance.between(0, 7);
    (1..=7)
        .filter(|&day| day != day_off)
        .filter_map(Weekday::new)
        .map(|weekday| OpeningHour {
            weekday,
            opens: opens.to_owned(),
            closes: closes.to_owned(),
        })
        .collect()
}

pub fn images(chance: &mut Chance, folder: &str, name: &str) -> Vec<String> {
    (1..=chance.between(1, 4))
        .map(|number| format!("https://images.yousoon.example/{folder}/{name}/{number}.webp"))
        .collect()
}

/// Converts a name to a URL slug.
pub fn slug(name: &str) -> String {
    text::indexed(&[name]).replace(' ', "-")
}
