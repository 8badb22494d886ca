//! Words by which fields are known. All in lower case.

/// Words that name a field in forms everywhere.
pub const FIELDS: &str = "\
    name title username user password pass email e-mail mail subject body message content comment text description note notes \
    category genre type kind brand model color colour size material tag label keyword query term search price cost budget \
    amount total rate rating stars score reviews year date day month week time hour duration deadline due birthday age people \
    guests persons adults children travelers passengers seats quantity qty count number items copies author director artist \
    writer cast creator publisher language pages isbn location city country state region address street zip postcode \
    destination origin pickup dropoff phone telephone mobile company organization department role position job skill skills \
    experience level status priority condition sender recipient receiver host attendee reminder recurrence reason occasion \
    mode method payment card bio website url id code slug account salary fee speciality specialty direction sort rank scope \
    timeline theme";
/// Words that make one field of themselves and the next: `release date`.
pub const QUALIFIERS: &str = "first last full user from to start end release check-in check-out due birth card phone zip postal \
    sender recipient display job doctor client product event file team channel server matter author contact signup company";
/// Words that name no field.
pub const STOP: &str = "and or but where whose with the a an that which who have has its my your their our is are for in on of if \
    when then any some all one item not at from to by list show find me us set it as";
/// Words under which fields go elsewhere.
pub const SYNONYMS: [(&str, &str); 12] = [
    ("named", "name"),
    ("called", "name"),
    ("titled", "title"),
    ("entitled", "title"),
    ("labeled", "label"),
    ("labelled", "label"),
    ("rated", "rating"),
    ("priced", "price"),
    ("e-mail", "email"),
    ("mail", "email"),
    ("pass", "password"),
    ("user", "username"),
];
/// Fields that the word after a number names.
pub const UNITS: [(&str, &str); 14] = [
    ("people", "people"),
    ("persons", "people"),
    ("person", "people"),
    ("guests", "people"),
    ("guest", "people"),
    ("adults", "people"),
    ("travelers", "people"),
    ("passengers", "people"),
    ("stars", "rating"),
    ("star", "rating"),
    ("minutes", "duration"),
    ("hours", "duration"),
    ("pages", "pages"),
    ("items", "quantity"),
];

/// Whether `word` is one of the words of `list`.
pub fn is_in(list: &str, word: &str) -> bool {
    list.split_ascii_whitespace().any(|known| known == word)
}
