// cxx_regex.cc: regular expressions of the C++ library. Apart from cxx_library.cc, as to compile
// them takes longer than all the rest of that.
#include <iostream>
#include <iterator>
#include <regex>
#include <string>

int main()
{
    std::regex pattern("([a-z]+)([0-9]+)");
    std::string subject = "abc123 de45 f6";
    for (std::sregex_iterator i(subject.begin(), subject.end(), pattern), end; i != end; ++i)
        std::cout << (*i)[1] << ':' << (*i)[2] << ' ';
    std::cout << std::regex_replace(subject, pattern, "$2$1") << '\n';

    std::regex words("(\\w+)\\s+\\1|[^aeiou\\s]{3,}(?=\\b)", std::regex::icase);
    std::string text = "It was was the best of rhythms, the the worst of times; crwth.";
    for (std::sregex_iterator i(text.begin(), text.end(), words), end; i != end; ++i)
        std::cout << i->position() << '+' << i->length() << ' ' << i->str() << '\n';
    std::smatch parts;
    std::regex date("(\\d{4})-(\\d\\d)-(\\d\\d)(T.*)?");
    std::string when = "2024-02-29T23:59";
    std::cout << std::regex_match(when, parts, date) << ' ' << parts.size() << ' ' << parts[4]
              << '\n';
    try {
        std::regex broken("(a");
    } catch (const std::regex_error &e) {
        std::cout << "refused: " << (e.code() == std::regex_constants::error_paren) << '\n';
    }
    return 0;
}
