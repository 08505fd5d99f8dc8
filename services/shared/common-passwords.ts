/**
 * The passwords that are tried first, of those with eight characters or more: lower-case, as they are compared.
 *
 * @see NIST SP 800-63B §5.1.1.2: "compare the prospective secrets against a list that contains values known to be
 * commonly-used, expected, or compromised"
 */
const LINES = `
12345678 123456789 1234567890 12345678910 0123456789 123123123 1234512345 12341234 11223344 1122334455 123454321
123456789a 123456789q 12345678a a12345678 a123456789 abc12345 abc123456 abcd1234 abcdefgh abcdefghi 1234abcd 123456abc
87654321 987654321 9876543210 147258369 159753456 741852963 789456123 963852741 123321123 456456456 121212121 12121212
10203040 1020304050 11112222 13131313 69696969 78787878 88888888 99999999 00000001 19841984 20002000 31415926
password password1 password12 password123 password1234 password01 password! password1! password123! passw0rd
p@ssword p@ssw0rd p@ssw0rd1 p@ssword1 p455w0rd pa55word pa$$word passwort passwort1 passwort123 contraseña motdepasse
contrasena mypassword newpassword changeme changeme1 changeme123 change-me letmein1 letmein123 welcome1 welcome123
welcome1! welcome2 willkommen bienvenue bienvenido administrator admin123 admin1234 admin12345 administrador superuser
rootroot toortoor test1234 testtest testing1 testing123 testuser temp1234 temporary default1 secret123 secretpassword
qwertyui qwertyuiop qwerty12 qwerty123 qwerty1234 qwerty12345 qwertz123 qwertzui qwertzuiop azerty123 azertyui
azertyuiop asdfghjk asdfghjkl asdfasdf asdf1234 zxcvbnm1 zxcvbnm123 zxcvbnmm 1qaz2wsx 1q2w3e4r 1q2w3e4r5t 1q2w3e4r5t6y
q1w2e3r4 q1w2e3r4t5 qazwsxedc qazwsx123 zaq12wsx zaq1zaq1 1qazxsw2 qweasdzxc qwe123qwe q1w2e3r4t5y6 poiuytrewq
iloveyou iloveyou1 iloveyou2 iloveu123 loveyou1 ichliebedich teamo123 jetaime1 sunshine sunshine1 princess princess1
football football1 baseball baseball1 basketball superman superman1 batman123 spiderman pokemon1 pokemon123 starwars
starwars1 master12 master123 monkey12 monkey123 dragon12 dragon123 shadow12 shadow123 michael1 jennifer jessica1
jordan23 charlie1 computer computer1 internet internet1 trustno1 whatever whatever1 freedom1 hello123 hello1234
hellohello lovelove summer2023 summer2024 summer2025 summer2026 winter2023 winter2024 winter2025 winter2026 spring2024
spring2025 spring2026 autumn2024 autumn2025 autumn2026 sommer2025 sommer2026 corvette mercedes maverick steelers
samantha veronica elizabeth alexander christopher butterfly chocolate strawberry blink182 liverpool liverpool1 chelsea1
arsenal1 barcelona realmadrid fuckyou1 fuckyou2 asshole1 bullshit
hallpass hallpass1 hallpass123 learning learning1 learninglocker teacher1 teacher123 student1 student123 school123
`;

export const COMMON_PASSWORDS: ReadonlySet<string> = new Set(LINES.split(/\s+/).filter(Boolean));
