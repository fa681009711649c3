// What the site says, in French and English.

export type Language = "fr" | "en";
export const LANGUAGES: readonly Language[] = ["fr", "en"];

/** A path of this site in a language. */
export const pathIn = (language: Language, path: string): string => (language === "fr" ? path : path === "/" ? `/${language}` : `/${language}${path}`);

const TEXTS = {
  home: ["Sorties et bons plans", "Going out, for less"],
  homeLead: ["Bars, restaurants, clubs et cinémas près de vous : réservez, et montrez votre code à l’entrée.", "Bars, restaurants, clubs and cinemas near you: book, and show your code at the door."],
  skip: ["Aller au contenu", "Skip to content"],
  search: ["Rechercher", "Search"],
  searchLabel: ["Une envie, un lieu, une adresse", "What you feel like, a place, an address"],
  searchTitle: ["Recherche", "Search"],
  resultsFor: ["Résultats pour", "Results for"],
  noResults: ["Rien n’a été trouvé. Essayez un autre mot, ou une autre ville.", "Nothing was found. Try another word, or another city."],
  results: ["offres", "offers"],
  result: ["offre", "offer"],
  openNow: ["Ouvert maintenant", "Open now"],
  all: ["Toutes", "All"],
  everywhere: ["Partout en France", "Everywhere in France"],
  map: ["Carte des réponses", "Map of the answers"],
  mapHint: ["Un cercle mène aux offres qu’il contient.", "A circle leads to the offers in it."],
  categories: ["Catégories", "Categories"],
  category: ["Catégorie", "Category"],
  cities: ["Villes", "Cities"],
  city: ["Ville", "City"],
  latest: ["Les dernières offres", "The latest offers"],
  offers: ["Offres", "Offers"],
  partners: ["Partenaires", "Partners"],
  places: ["Lieux", "Places"],
  place: ["Lieu", "Place"],
  more: ["Page suivante", "Next page"],
  conditions: ["Conditions", "Conditions"],
  when: ["Quand", "When"],
  anytime: ["Toute la journée, tous les jours", "All day, every day"],
  until: ["Valable jusqu’au", "Valid until"],
  where: ["Où", "Where"],
  price: ["Prix", "Price"],
  insteadOf: ["au lieu de", "instead of"],
  soldOut: ["Complet", "Sold out"],
  notNow: ["Cette offre ne peut pas être réservée en ce moment.", "This offer cannot be booked at the moment."],
  book: ["Réserver", "Book"],
  bookAt: ["Pour quand ?", "For when?"],
  people: ["Combien de personnes ?", "How many people?"],
  placesLeft: ["places libres", "places left"],
  needsApproval: ["Le lieu confirme chaque réservation.", "The venue confirms each booking."],
  paidInApp: ["Cette offre se paie dans l’application.", "This offer is paid in the app."],
  needsSignIn: ["Connectez-vous pour réserver.", "Sign in to book."],
  noOpenings: ["Aucune date libre dans les 14 prochains jours.", "No free date within 14 days."],
  reviews: ["Avis", "Reviews"],
  noReviews: ["Pas encore d’avis.", "No reviews yet."],
  stars: ["étoiles sur 5", "stars out of 5"],
  reply: ["Réponse du lieu", "The venue’s reply"],
  openingHours: ["Horaires", "Opening hours"],
  closed: ["Fermé", "Closed"],
  contact: ["Contact", "Contact"],
  website: ["Site web", "Website"],
  signIn: ["Connexion", "Sign in"],
  signUp: ["Créer un compte", "Create an account"],
  signOut: ["Déconnexion", "Sign out"],
  email: ["Adresse e-mail", "E-mail address"],
  password: ["Mot de passe", "Password"],
  passwordHint: ["8 caractères ou plus", "8 characters or more"],
  firstName: ["Prénom", "First name"],
  lastName: ["Nom", "Last name"],
  myBookings: ["Mes réservations", "My bookings"],
  upcoming: ["À venir", "Upcoming"],
  past: ["Passées", "Past"],
  noBookings: ["Aucune réservation.", "No bookings."],
  booking: ["Réservation", "Booking"],
  showCode: ["Montrez ce code à l’entrée.", "Show this code at the door."],
  codeOf: ["Code QR de la réservation", "QR code of the booking"],
  shortCode: ["Code court", "Short code"],
  status: ["État", "Status"],
  cancel: ["Annuler la réservation", "Cancel the booking"],
  cancelSure: ["Annuler vraiment ?", "Cancel for sure?"],
  reason: ["Raison donnée par le lieu", "The venue’s reason"],
  live: ["En direct", "Live"],
  notLive: ["Connexion perdue, nouvel essai…", "Connection lost, trying again…"],
  PENDING: ["En attente", "Pending"],
  CONFIRMED: ["Confirmée", "Confirmed"],
  CHECKED_IN: ["Arrivé", "Checked in"],
  CANCELLED: ["Annulée", "Cancelled"],
  EXPIRED: ["Expirée", "Expired"],
  NO_SHOW: ["Absent", "No-show"],
  forVenues: ["Espace partenaires", "For venues"],
  tonight: ["Ce soir", "Tonight"],
  team: ["Établissement", "Venue"],
  noTeam: ["Ce compte n’est dans aucune équipe.", "This account is in no team."],
  booked: ["personnes", "people"],
  expected: ["attendues", "expected"],
  arrived: ["arrivées", "arrived"],
  nobodyYet: ["Aucune réservation pour ce soir.", "No bookings for tonight."],
  approve: ["Accepter", "Approve"],
  decline: ["Refuser", "Decline"],
  undo: ["Annuler l’arrivée", "Undo check-in"],
  guest: ["Client", "Guest"],
  time: ["Heure", "Time"],
  offer: ["Offre", "Offer"],
  actions: ["Actions", "Actions"],
  scan: ["Scanner", "Scan"],
  scanLead: ["Prenez en photo le code du client, ou saisissez son code court.", "Take a picture of the guest’s code, or type the short code."],
  picture: ["Photo du code QR", "Picture of the QR code"],
  checkIn: ["Enregistrer l’arrivée", "Check in"],
  noCode: ["Aucun code QR n’a été trouvé sur cette photo.", "No QR code was found in this picture."],
  foreignCode: ["Ce code n’est pas un code de Yousoon.", "This code is not one of Yousoon’s."],
  welcome: ["Bienvenue", "Welcome"],
  notFound: ["Cette page n’existe pas", "This page does not exist"],
  notFoundLead: ["Elle a peut-être été retirée.", "It may have been taken down."],
  unavailable: ["Un instant…", "One moment…"],
  unavailableLead: ["Le service ne répond pas. Réessayez dans quelques secondes.", "The service does not answer. Try again in a few seconds."],
  badRequest: ["Cette adresse n’est pas valable", "This address is not valid"],
  verified: ["Votre adresse est confirmée.", "Your address is confirmed."],
  verifying: ["Confirmation de l’adresse", "Confirming the address"],
  loading: ["Chargement…", "Loading…"],
  needsScripts: ["Cette page a besoin de JavaScript.", "This page needs JavaScript."],
  otherLanguage: ["English", "Français"],
  of: ["de", "of"],
  from: ["de", "from"],
  to: ["à", "to"],
  twoForOne: ["2 pour 1", "2 for 1"],
  free: ["offert", "free"],
  failed: ["Cela n’a pas marché :", "That did not work:"],
} as const satisfies Record<string, readonly [string, string]>;

export type TextKey = keyof typeof TEXTS;
export type Say = (key: TextKey) => string;

export const sayIn =
  (language: Language): Say =>
  (key) =>
    TEXTS[key][language === "fr" ? 0 : 1];

const WEEKDAYS = ["MONDAY", "TUESDAY", "WEDNESDAY", "THURSDAY", "FRIDAY", "SATURDAY", "SUNDAY"] as const;
export type Weekday = (typeof WEEKDAYS)[number];
export const weekdays: readonly Weekday[] = WEEKDAYS;

const CATEGORIES: Readonly<Record<string, readonly [string, string]>> = {
  BAR: ["Bars", "Bars"],
  RESTAURANT: ["Restaurants", "Restaurants"],
  CLUB: ["Clubs", "Clubs"],
  CINEMA: ["Cinémas", "Cinemas"],
  SPORT: ["Sport", "Sport"],
  LEISURE: ["Loisirs", "Leisure"],
  EVENT: ["Événements", "Events"],
  OTHER: ["Autres", "Other"],
};

export const categoryName = (language: Language, category: string): string => CATEGORIES[category]?.[language === "fr" ? 0 : 1] ?? category;

/** All times are those of the venues. */
const ZONE = "Europe/Paris";
const locale = (language: Language) => (language === "fr" ? "fr-FR" : "en-GB");

export const dayOf = (language: Language, moment: string | Date): string =>
  new Intl.DateTimeFormat(locale(language), { dateStyle: "long", timeZone: ZONE }).format(new Date(moment));

export const dayAndTimeOf = (language: Language, moment: string | Date): string =>
  new Intl.DateTimeFormat(locale(language), { weekday: "long", day: "numeric", month: "long", hour: "2-digit", minute: "2-digit", timeZone: ZONE }).format(new Date(moment));

export const timeOf = (language: Language, moment: string | Date): string =>
  new Intl.DateTimeFormat(locale(language), { hour: "2-digit", minute: "2-digit", timeZone: ZONE }).format(new Date(moment));

/** `minor` is in the currency's minor unit. */
export const moneyOf = (language: Language, minor: number, currency: string): string =>
  new Intl.NumberFormat(locale(language), { style: "currency", currency }).format(minor / 100);

export const numberOf = (language: Language, number: number, digits = 0): string =>
  new Intl.NumberFormat(locale(language), { maximumFractionDigits: digits }).format(number);

/** 1 January 2024 was a Monday. */
export const weekdayName = (language: Language, weekday: Weekday): string =>
  new Intl.DateTimeFormat(locale(language), { weekday: "long", timeZone: "UTC" }).format(new Date(Date.UTC(2024, 0, 1 + WEEKDAYS.indexOf(weekday))));
