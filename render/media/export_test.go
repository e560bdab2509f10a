package media

// Names for the tests in package media_test.

var FilmHideaways = filmHideaways
var Hideaways = hideaways
