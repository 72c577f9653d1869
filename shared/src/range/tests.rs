//! Single ranges, as they are read and written.

use super::*;

#[test]
fn each_form_is_read_and_written_in_its_shortest_form() {
    for (given, shown) in [
        ("10.0.0.0/8", "10.0.0.0/8"),
        (" 10.1.2.3 ", "10.1.2.3"),
        ("10.1.2.3/32", "10.1.2.3"),
        ("10.0.0.0-10.0.0.255", "10.0.0.0/24"),
        ("192.168.1.10 - 192.168.1.20", "192.168.1.10-192.168.1.20"),
        ("10.0.0.1-10.0.0.2", "10.0.0.1-10.0.0.2"),
        ("0.0.0.0/0", "0.0.0.0/0"),
        ("0.0.0.0-255.255.255.255", "0.0.0.0/0"),
        ("255.255.255.255", "255.255.255.255"),
        ("2001:db8::/32", "2001:db8::/32"),
        ("::/0", "::/0"),
        ("2001:db8::1/128", "2001:db8::1"),
        ("::ffff:10.0.0.0/104", "10.0.0.0/8"),
        ("::ffff:10.1.2.3", "10.1.2.3"),
    ] {
        let range: AddressRange = given.parse().unwrap();
        assert_eq!(range.to_string(), shown, "{given}");
        assert_eq!(shown.parse(), Ok(range));
    }
}

#[test]
fn what_is_no_range_is_told_why() {
    for (given, says) in [
        ("10.0.0.5/8", "10.0.0.0/8"),
        ("10.0.0.9-10.0.0.1", "after the last"),
        ("::1-::2", "a prefix and its length"),
        ("10.0.0.0/33", "is no range"),
        ("printer", "is no range"),
        ("", "is no range"),
        ("2001:db8::1/32", "2001:db8::/32"),
    ] {
        let refused = given.parse::<AddressRange>().unwrap_err().to_string();
        assert!(refused.contains(says), "{given}: {refused}");
    }
}

proptest::proptest! {
    #[test]
    fn no_text_makes_reading_a_range_panic(text in "[0-9a-f:./ -]{0,40}") {
        if let Ok(range) = text.parse::<AddressRange>() {
            proptest::prop_assert_eq!(range.to_string().parse(), Ok(range));
        }
    }
}
