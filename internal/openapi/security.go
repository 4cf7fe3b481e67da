package openapi

import "strings"

// securitySchemes returns the Security Scheme Objects of every version.
func (l *loader) securitySchemes(p place) map[string]SecurityScheme {
	schemes := make(map[string]SecurityScheme)
	for name, member := range l.fields(l.follow(p)) {
		l.schemes[name] = true
		if scheme := l.follow(member); l.object(scheme) {
			schemes[name] = l.securityScheme(scheme)
		}
	}
	return schemes
}

func (l *loader) securityScheme(p place) SecurityScheme {
	s := SecurityScheme{
		Type:             l.word(p.get("type")),
		Description:      l.text(p.get("description")),
		Name:             l.word(p.get("name")),
		In:               strings.ToLower(l.word(p.get("in"))),
		Scheme:           strings.ToLower(l.word(p.get("scheme"))),
		OpenIDConnectURL: l.word(p.get("openIdConnectUrl")),
		TokenURL:         l.word(p.get("flows").get("clientCredentials").get("tokenUrl")),
	}
	switch known := l.schemeType(p, s.Type); known {
	case "basic": // Swagger 2.0
		s.Type, s.Scheme = "http", "basic"
	default:
		s.Type = known
	}
	if l.word(p.get("flow")) == "application" { // Swagger 2.0
		s.TokenURL = l.word(p.get("tokenUrl"))
	}
	return s
}

// schemeType returns the type as the specification writes it.
func (l *loader) schemeType(p place, text string) string {
	for _, known := range []string{"apiKey", "http", "mutualTLS", "oauth2", "openIdConnect", "basic"} {
		if strings.EqualFold(text, known) {
			return known
		}
	}
	l.problems.add(p, "the type %s of the security scheme is not known", quote(text))
	return text
}

// security returns the alternatives of a list of Security Requirement Objects.
// One that stands where the list should be is read as a list of one: reading none
// would say that no authentication is needed.
func (l *loader) security(p place) []map[string][]string {
	var alternatives []map[string][]string
	for requirement := range l.list(p) {
		if !l.object(requirement) {
			continue
		}
		schemes := make(map[string][]string)
		for name, scopes := range requirement.members() {
			if !l.spend(1) {
				break
			}
			if !l.schemes[name] {
				l.problems.add(requirement, "the security scheme %s is not defined", quote(name))
			}
			schemes[name] = l.words(scopes)
		}
		alternatives = append(alternatives, schemes)
	}
	return alternatives
}
