package media

// What the tests of the package see of its inside.

var FilmHideaways = filmHideaways
var Hideaways = hideaways
